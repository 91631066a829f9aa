//! What is wrong with a template's file, in one plain sentence each.

use std::fmt;

/// Why a template would be refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The file is no TOML of this shape.
    Toml(String),
    /// A text is empty or too long.
    Length {
        field: &'static str,
        limit: usize,
        actual: usize,
    },
    /// There are too many buttons, of all kinds or of this one.
    Buttons {
        kind: &'static str,
        limit: usize,
        actual: usize,
    },
    /// Quick replies and other buttons stand mixed.
    Mixed,
    /// The name or language has other characters than it may have.
    Characters { field: &'static str },
    /// A parameter is not closed, has a wrong name, or is not in order.
    Parameter { field: &'static str },
    /// There are more parameters than there may be.
    Parameters {
        field: &'static str,
        limit: usize,
        actual: usize,
    },
    /// Parameters and examples are not the same.
    Examples {
        field: &'static str,
        parameters: usize,
        examples: usize,
    },
    /// A body begins or ends with a parameter.
    Edge,
    /// A header of text has none, or one of another format has one.
    HeaderText,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Toml(error) => f.write_str(error),
            Self::Length { field, limit, actual } => {
                write!(f, "{field} has {actual} characters; 1 to {limit} are allowed")
            }
            Self::Buttons { kind, limit, actual } => {
                write!(f, "the template has {actual} {kind}; at most {limit} are allowed")
            }
            Self::Mixed => {
                f.write_str("quick replies must stand together, before or after the other buttons")
            }
            Self::Characters { field } => match *field {
                "name" => f.write_str("name may have lower case letters, digits and _ only"),
                field => write!(f, "{field} has characters that it must not have"),
            },
            Self::Parameter { field } => write!(
                f,
                "{field} has a parameter that is neither {{{{1}}}}, {{{{2}}}} in order nor a name of lower case letters, digits and _"
            ),
            Self::Parameters { field, limit, actual } => {
                write!(f, "{field} has {actual} parameters; at most {limit} are allowed")
            }
            Self::Examples {
                field,
                parameters,
                examples,
            } => {
                write!(
                    f,
                    "{field} has {parameters} parameters, and {examples} examples that belong to them"
                )
            }
            Self::Edge => f.write_str("body.text must not begin or end with a parameter"),
            Self::HeaderText => {
                f.write_str("header.text belongs to a header of format text, which has to have it")
            }
        }
    }
}

impl std::error::Error for Fault {}
