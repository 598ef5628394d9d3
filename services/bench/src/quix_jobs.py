"""The jobs of `candles` and `technical-indicators` as users of Quix Streams write
them, on the same topics, with the same fields in and out.

    python quix_jobs.py BROKER JOB INPUT OUTPUT RECORDS STATE_DIRECTORY

Stops after that many records. Prints one JSON line: records, the seconds from the
first to the last of them, and the processor time of the whole job in seconds.
"""

import json
import resource
import sys
import time

from quixstreams import Application


def candle_begin(trade):
    price = trade["price"]
    return {"pair": trade["pair"], "open": price, "high": price, "low": price, "close": price,
            "volume": trade["quantity"], "trades": 1}


def candle_add(candle, trade):
    price = trade["price"]
    if price > candle["high"]:
        candle["high"] = price
    if price < candle["low"]:
        candle["low"] = price
    candle["close"] = price
    candle["volume"] += trade["quantity"]
    candle["trades"] += 1
    return candle


def candle_message(window):
    return {**window["value"], "window_start_ms": window["start"], "window_end_ms": window["end"],
            "candle_seconds": 60, "closed": True}


def indicators(candle, state):
    """EMA(12), EMA(26), MACD and Wilder's RSI(14)."""
    now = state.get("now")
    close = candle["close"]
    if now is None:
        now = {"fast": close, "slow": close, "gain": 0.0, "loss": 0.0, "close": close}
    now["fast"] += (close - now["fast"]) * (2 / 13)
    now["slow"] += (close - now["slow"]) * (2 / 27)
    change = close - now["close"]
    now["gain"] += (max(change, 0.0) - now["gain"]) / 14
    now["loss"] += (max(-change, 0.0) - now["loss"]) / 14
    now["close"] = close
    state.set("now", now)
    moves = now["gain"] + now["loss"]
    return {**candle, "ema12": now["fast"], "ema26": now["slow"],
            "macd": now["fast"] - now["slow"],
            "rsi14": 50.0 if moves == 0 else 100 * now["gain"] / moves}


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main():
    broker, job, source, target, records, directory = sys.argv[1:]
    seen = {"records": 0, "first": 0.0, "last": 0.0, "processor": 0.0}

    def on_message(topic, partition, offset):
        seen["last"] = time.perf_counter()
        if seen["records"] == 0:
            seen["first"] = seen["last"]
            seen["processor"] = processor_seconds()
        seen["records"] += 1
        if seen["records"] >= int(records):
            app.stop()

    app = Application(
        broker_address=broker, consumer_group=f"{target}-quix", auto_offset_reset="earliest",
        processing_guarantee="at-least-once", commit_interval=5.0, state_dir=directory,
        on_message_processed=on_message, loglevel="WARNING",
        producer_extra_config={"linger.ms": 5})
    stream = app.dataframe(app.topic(source, value_deserializer="json", key_deserializer="str"))
    if job == "candles":
        window = stream.tumbling_window(duration_ms=60_000, grace_ms=0)
        stream = window.reduce(reducer=candle_add, initializer=candle_begin).final()
        stream = stream.apply(candle_message)
    else:
        stream = stream.apply(indicators, stateful=True)
    stream.to_topic(app.topic(target, value_serializer="json", key_serializer="str"))
    app.run()
    print(json.dumps({"records": seen["records"], "seconds": seen["last"] - seen["first"],
                      "processor_seconds": processor_seconds() - seen["processor"]}))


if __name__ == "__main__":
    main()
