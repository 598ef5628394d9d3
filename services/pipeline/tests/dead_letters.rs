//! What cannot be read goes to the dead-letter topic as it came, and the stream
//! goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use support::*;

fn bad(payload: Option<&[u8]>) -> Plain {
    Plain {
        key: Some(b"P0/X".to_vec()),
        payload: payload.map(<[u8]>::to_vec),
        timestamp_ms: now_ms() / 60_000 * 60_000,
        partition: 0,
        ..Plain::default()
    }
}

#[test]
fn unreadable_records_arrive_byte_for_byte_and_say_why() {
    let config = config("dlq");
    let good = trade("P0/X", 1);
    let json = serde_json::to_vec(&good).unwrap();
    let text = |value: &str| serde_json::to_string(&good).unwrap().replace("1.0", value);
    let deep = "[".repeat(100_000);
    let letters = [
        (bad(Some(b"\xff\x00 not json")), "expected value"),
        (bad(None), "no value"),
        (bad(Some(b"")), "EOF while parsing"),
        (bad(Some(&json[..20])), "EOF while parsing"),
        (bad(Some(deep.as_bytes())), "invalid type"),
        (bad(Some(text("NaN").as_bytes())), "expected value"),
        (bad(Some(text("1e999").as_bytes())), "number out of range"),
        (bad(Some(text("-1.0").as_bytes())), "price is -1, expected a positive number"),
        (bad(Some(text("13").as_bytes())), "expected better luck"),
        (bad(Some(&json)).with("schema", "2"), "schema version '2', this build reads version 1"),
        (bad(Some(&json)).with("type", "order"), "header type is 'order'"),
        (bad(Some(b"{}")).with("type", "heartbeat"), "missing field"),
        (
            Plain { key: Some(b"P1/X".to_vec()), ..bad(Some(&json)) },
            "key is 'P1/X', expected 'P0/X'",
        ),
        (Plain { key: None, ..bad(Some(&json)) }, "key is '', expected 'P0/X'"),
    ];
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    let mut records = Vec::new();
    for (letter, _) in &letters {
        records.push(letter.clone());
        records.push(Plain { partition: 0, ..Plain::of(&good) });
    }
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    running.stop();

    let tallies = committed_tallies(&config.output_topic);
    assert_eq!(tallies.len(), letters.len());
    assert_eq!(tallies.iter().map(|t| t.trades).max(), Some(letters.len() as u64));

    let found = read(&config.dead_letter_topic(), "read_committed");
    assert_eq!(found.len(), letters.len());
    for (index, (letter, reason)) in letters.iter().enumerate() {
        let offset = (2 * index).to_string();
        let copy = found.iter().find(|f| f.header("offset") == Some(offset.clone())).unwrap();
        assert_eq!(copy.payload, letter.payload);
        assert_eq!(copy.key, letter.key);
        let said = copy.header("reason").unwrap();
        assert!(said.contains(reason), "{said}, expected {reason}");
        assert_eq!(copy.header("service").as_deref(), Some("counting"));
        assert_eq!(copy.header("version").as_deref(), Some("1.2.3"));
        assert_eq!(copy.header("topic"), Some(config.input_topic.clone()));
        assert_eq!(copy.header("partition").as_deref(), Some("0"));
        assert_eq!(copy.header("timestamp"), Some(letter.timestamp_ms.to_string()));
        assert!(letter.headers.iter().all(|header| copy.headers.contains(header)));
    }
}

#[test]
fn a_record_too_large_for_the_dead_letter_topic_is_named_there_and_holds_up_nothing() {
    let config = config("room");
    create(&config.dead_letter_topic(), 1, &[("max.message.bytes", "3000")]);
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    let large = vec![b'?'; 2_900];
    let good = Plain { partition: 0, ..Plain::of(&trade("P0/X", 1)) };
    let own = bad(Some(&large)).with("own", "header");
    write(&config.input_topic, &[own, good, bad(Some(b"?"))]);
    wait_caught_up(&config);
    running.stop();
    assert_eq!(committed_tallies(&config.output_topic).len(), 1);
    let found = read(&config.dead_letter_topic(), "read_committed");
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].key.as_ref(), found[0].payload.as_ref()), (None, None));
    for (name, value) in
        [("topic", config.input_topic.as_str()), ("partition", "0"), ("offset", "0")]
    {
        assert_eq!(found[0].header(name).as_deref(), Some(value));
    }
    let said = found[0].header("left-out").unwrap();
    assert!(said.contains("3000 may be written"), "{said}");
    assert_eq!(found[1].payload.as_deref(), Some(&b"?"[..]));
    assert_eq!(found[1].header("left-out"), None);
}

#[test]
fn letters_that_are_too_large_for_their_topic_only_together_hold_up_nothing() {
    let config = config("together");
    create(&config.dead_letter_topic(), 1, &[("max.message.bytes", "3000")]);
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    let letter = vec![b'?'; 1_000];
    let mut records = vec![bad(Some(&letter)); 10];
    records.push(Plain { partition: 0, ..Plain::of(&trade("P0/X", 1)) });
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    running.stop();
    assert_eq!(committed_tallies(&config.output_topic).len(), 1);
    let found = read(&config.dead_letter_topic(), "read_committed");
    assert_eq!(found.len(), 10);
    assert!(found.iter().all(|copy| copy.payload.as_ref() == Some(&letter)));
}

#[test]
fn late_records_arrive_unchanged() {
    let config = config("late");
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    let late = pipeline::message::Trade { price: 14.0, ..trade("P0/X", 9) };
    let sent = Plain::of(&late).with("source", "s");
    write(&config.input_topic, std::slice::from_ref(&sent));
    wait_caught_up(&config);
    running.stop();
    let found = read(&config.late_topic(), "read_committed");
    assert_eq!(found.len(), 1);
    assert_eq!((&found[0].key, &found[0].payload), (&sent.key, &sent.payload));
    assert_eq!(found[0].header("candle_seconds").as_deref(), Some("60"));
    assert!(found[0].header("reason").unwrap().starts_with("late"));
    assert_eq!(found[0].header("service").as_deref(), Some("counting"));
    assert_eq!(found[0].header("version").as_deref(), Some("1.2.3"));
    assert_eq!(found[0].header("topic"), Some(config.input_topic.clone()));
    assert_eq!(found[0].header("timestamp"), Some(sent.timestamp_ms.to_string()));
    assert!(found[0].header("partition").is_some());
    assert_eq!(found[0].header("source").as_deref(), Some("s"));
    assert_eq!(found[0].header("offset").as_deref(), Some("0"));
}

#[test]
fn heartbeats_reach_every_key_of_their_partition_in_order() {
    let config = config("beat");
    let running = start(Counting::default(), &config);
    wait_until("ready", || running.health.is_ready());
    let mut records: Vec<Plain> = ["C/X", "A/X", "B/X"]
        .iter()
        .map(|pair| Plain { partition: 2, ..Plain::of(&trade(pair, 1)) })
        .collect();
    records.push(Plain { partition: 1, ..Plain::of(&trade("D/X", 1)) });
    let beat = Plain {
        payload: Some(br#"{"timestamp_ms":5,"end":false}"#.to_vec()),
        partition: 2,
        ..Plain::default()
    };
    records.push(beat.with("type", "heartbeat").with("source", "s").with("schema", "1"));
    write(&config.input_topic, &records);
    wait_caught_up(&config);
    running.stop();
    let beats: Vec<Plain> = read(&config.output_topic, "read_committed")
        .into_iter()
        .filter(|r| r.header("event-time").as_deref() == Some("5"))
        .collect();
    let mut keys: Vec<_> = beats.iter().map(|r| r.key.clone().unwrap()).collect();
    keys.sort();
    assert_eq!(keys, [b"A/X@s".to_vec(), b"B/X@s".to_vec(), b"C/X@s".to_vec()]);
    assert_eq!(read(&config.dead_letter_topic(), "read_committed"), []);
}
