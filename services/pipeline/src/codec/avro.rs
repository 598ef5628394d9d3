//! Messages in Avro: a message's bytes by the schema that wrote them, to a Rust
//! type by the schema that this build knows. Nothing here asks the registry.

use apache_avro::Error;
use apache_avro::error::Details;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::schema::{RecordSchema, Schema};
use apache_avro::schema_compatibility::SchemaCompatibility;
use apache_avro::writer::datum::GenericDatumWriter;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// No field of a message is as long as this; a length that says so is refused
/// before anything is allocated for it.
const LONGEST_FIELD: usize = 16 << 20;
/// In characters; a reason travels in a header of the dead letter.
const LONGEST_REASON: usize = 300;

/// A parsed schema. A process knows few of them, and keeps them until its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contract(&'static Schema);

impl Contract {
    /// Parses a schema, which must be that of a record.
    ///
    /// # Errors
    /// One line that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Contract, String> {
        let schema = Schema::parse_str(text).map_err(|e| reason(&e))?;
        match schema {
            Schema::Record(_) => Ok(Contract(Box::leak(Box::new(schema)))),
            _ => Err("the schema is not that of a record".to_owned()),
        }
    }

    /// The full name of the record: `market.Trade`.
    #[must_use]
    pub fn name(self) -> String {
        self.record().map_or(String::new(), |record| record.name.fullname(None))
    }

    /// The names of the fields, in order.
    pub fn fields(self) -> impl Iterator<Item = &'static str> {
        self.record().into_iter().flat_map(|record| record.fields.iter().map(|f| f.name.as_str()))
    }

    /// What writes messages by this schema.
    ///
    /// # Errors
    /// When the schema names types that it does not define.
    pub fn writer(self) -> Result<Writer, String> {
        let writer = GenericDatumWriter::builder(self.0).human_readable(false).build();
        writer.map(Writer).map_err(|e| reason(&e))
    }

    /// What reads messages that were written by `written`, as those of this
    /// schema.
    ///
    /// # Errors
    /// When no such message can be read: one line that names the field.
    pub fn reader(self, written: Contract) -> Result<Reader, String> {
        apache_avro::util::max_allocation_bytes(LONGEST_FIELD);
        SchemaCompatibility::can_read(written.0, self.0).map_err(|e| one_line(&e.to_string()))?;
        // Reading by the schema's own fields is several times faster than
        // fitting them to other ones.
        let other = (written.0 != self.0).then_some(self.0);
        let reader = GenericDatumReader::builder(written.0)
            .maybe_reader_schema(other)
            .human_readable(false)
            .build();
        let reader = reader.map_err(|e| reason(&e))?;
        Ok(Reader { reader, fits: other.is_none() })
    }

    /// What keeps messages of these two schemas from being read by each other's
    /// readers, in words that name the fields; empty when nothing does. `other`
    /// is called `name`.
    #[must_use]
    pub fn disagreements(self, other: Contract, name: &str) -> Vec<String> {
        let (Some(mine), Some(theirs)) = (self.record(), other.record()) else {
            return Vec::new();
        };
        let lacking = |these: &'static RecordSchema, those: &RecordSchema| {
            let fields: Vec<_> = those.fields.iter().map(|f| f.name.clone()).collect();
            these
                .fields
                .iter()
                .filter(move |field| {
                    let known = |name: &String| fields.contains(name);
                    field.default.is_none()
                        && !known(&field.name)
                        && !field.aliases.iter().any(known)
                })
                .map(|field| field.name.as_str())
        };
        let gone = lacking(theirs, mine)
            .map(|field| format!("field '{field}' of {name} is missing in this build's schema"));
        let new = lacking(mine, theirs)
            .map(|field| format!("field '{field}' is not in {name} and has no default"));
        let mut found: Vec<String> = gone.chain(new).collect();
        if found.is_empty()
            && let Err(error) = SchemaCompatibility::mutual_read(self.0, other.0)
        {
            found.push(one_line(&error.to_string()));
        }
        found
    }

    fn record(self) -> Option<&'static RecordSchema> {
        match self.0 {
            Schema::Record(record) => Some(record),
            _ => None,
        }
    }
}

/// Writes messages by one schema.
pub struct Writer(GenericDatumWriter<'static>);

impl Writer {
    /// Appends a message to `into`.
    ///
    /// # Errors
    /// When the message does not fit the schema: a field that only one of them
    /// has, or of another type.
    pub fn write(&self, message: &impl Serialize, into: &mut Vec<u8>) -> Result<(), String> {
        let written = self.0.write_ser(into, message);
        written.map(drop).map_err(|e| reason(&e))
    }
}

/// Reads messages that were written by one schema.
pub struct Reader {
    reader: GenericDatumReader<'static>,
    /// Whether the writer's schema is the reader's own.
    fits: bool,
}

impl Reader {
    /// Reads a message from all of `bytes`.
    ///
    /// # Errors
    /// One line that says what is wrong with the bytes.
    pub fn read<M: DeserializeOwned>(&self, mut bytes: &[u8]) -> Result<M, String> {
        let message = if self.fits {
            self.reader.read_deser(&mut bytes)
        } else {
            let value = self.reader.read_value(&mut bytes);
            value.and_then(|value| apache_avro::from_value(&value))
        };
        let message = message.map_err(|e| reason(&e))?;
        match bytes.len() {
            0 => Ok(message),
            rest => Err(format!("the Avro message has {rest} bytes too many")),
        }
    }
}

/// What the Avro library says, without the schemas that it prints whole.
fn reason(error: &Error) -> String {
    match error.details() {
        Details::SerializeRecordFieldWithSchema { field_name, error, .. } => {
            one_line(&format!("field '{field_name}': {error}"))
        }
        Details::MissingDefaultForSkippedField { field_name, .. } => {
            format!("field '{field_name}' of the schema is missing in the message")
        }
        other => one_line(&other.to_string()),
    }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST_REASON) {
        Some((end, _)) => format!("{}...", line.get(..end).unwrap_or_default()),
        None => line,
    }
}
