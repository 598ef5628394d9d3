//! The three services on their threads, on one broker.

use crate::args::Args;
use pipeline::config::KafkaConfig;
use pipeline::embedded::Broker;
use pipeline::{Error, Health, Shutdown};
use std::thread::JoinHandle;

/// The running services.
pub(crate) struct Services {
    /// The topic `technical_indicators` and how to reach it.
    pub(crate) output: KafkaConfig,
    trades: Option<JoinHandle<Result<(), Error>>>,
    candles: (KafkaConfig, JoinHandle<Result<(), Error>>),
    indicators: JoinHandle<Result<(), Error>>,
    ready: Health,
    shutdown: Shutdown,
}

/// Why the services could not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServicesError {
    /// A wrong list of indicators.
    #[error(transparent)]
    Indicators(#[from] technical_indicators::ListError),
    /// Options that do not make a source.
    #[error(transparent)]
    Source(#[from] trades::args::ArgsError),
    /// One of the services stopped.
    #[error(transparent)]
    Pipeline(#[from] Error),
    /// One of the services ended in a way that none should.
    #[error("the service {0} ended without saying why")]
    Died(&'static str),
}

impl Services {
    /// Starts the services, and the broker inside if no other is named.
    ///
    /// # Errors
    /// When an option is wrong, or the broker inside cannot start.
    pub(crate) fn start(args: &Args, shutdown: &Shutdown) -> Result<Self, ServicesError> {
        let source = trades::source(&args.source)?;
        let candles_step = args.candles.step();
        let indicators_step = args.indicators.step()?;
        let servers = args.kafka_bootstrap_servers.clone().filter(|servers| !servers.is_empty());
        let servers = match servers {
            Some(servers) => servers,
            None => Broker::start()?.address(),
        };
        let config = |defaults| KafkaConfig {
            instance_id: "standalone".to_owned(),
            ..KafkaConfig::new(servers.clone(), defaults)
        };
        let trades_config = config(trades::DEFAULTS);
        let candles_config = config(candles::DEFAULTS);
        let indicators_config = config(technical_indicators::DEFAULTS);
        let output = indicators_config.clone();
        let ready = Health::new();

        let stop = shutdown.clone();
        let health = ready.clone();
        let indicators = std::thread::spawn(move || {
            pipeline::run(indicators_step, &indicators_config, &health, &stop)
        });
        let (stop, config) = (shutdown.clone(), candles_config.clone());
        let candles =
            std::thread::spawn(move || pipeline::run(candles_step, &config, &Health::new(), &stop));
        let stop = shutdown.clone();
        let trades = std::thread::spawn(move || {
            pipeline::source::run(source, &trades_config, &Health::new(), &stop)
        });
        Ok(Self {
            output,
            trades: Some(trades),
            candles: (candles_config, candles),
            indicators,
            ready,
            shutdown: shutdown.clone(),
        })
    }

    /// Whether the last service of the chain has its partitions, and so its
    /// topics are there.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.is_ready()
    }

    /// Whether the source has ended and everything it sent has gone through all
    /// services.
    ///
    /// # Errors
    /// When the source or a service has failed.
    pub(crate) fn is_done(&mut self) -> Result<bool, ServicesError> {
        self.check()?;
        if self.trades.is_some() {
            return Ok(false);
        }
        let candles = &self.candles.0;
        let through_candles =
            pipeline::progress::caught_up(candles, &candles.consumer_group, &candles.input_topic)?;
        let indicators = &self.output;
        Ok(through_candles
            && pipeline::progress::caught_up(
                indicators,
                &indicators.consumer_group,
                &indicators.input_topic,
            )?)
    }

    /// Whether all still run, or the source has ended as it should.
    ///
    /// # Errors
    /// When the source or a service has failed.
    pub(crate) fn check(&mut self) -> Result<(), ServicesError> {
        if let Some(trades) = self.trades.take_if(|trades| trades.is_finished()) {
            outcome(trades, "trades")?;
        }
        let stopped = self.candles.1.is_finished() || self.indicators.is_finished();
        if stopped && !self.shutdown.is_requested() {
            self.shutdown.request();
        }
        Ok(())
    }

    /// Stops what still runs, each after its transaction in flight.
    ///
    /// # Errors
    /// The first failure of a service.
    pub(crate) fn stop(self) -> Result<(), ServicesError> {
        self.shutdown.request();
        let trades = self.trades.map_or(Ok(()), |trades| outcome(trades, "trades"));
        let candles = outcome(self.candles.1, "candles");
        let indicators = outcome(self.indicators, "technical-indicators");
        trades.and(candles).and(indicators)
    }
}

fn outcome(
    service: JoinHandle<Result<(), Error>>,
    name: &'static str,
) -> Result<(), ServicesError> {
    service.join().map_err(|_| ServicesError::Died(name))?.map_err(ServicesError::Pipeline)
}
