//! Reading a request's JSON: what is there, of which type, and what has no place there.

use super::error::GraphError;
use serde_json::{Map, Value};

/// An object of the request and the way to it, for error messages.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    path: String,
    page: &'static str,
}

impl<'a> Fields<'a> {
    /// `value` has to be an object.
    pub(crate) fn of(
        value: &'a Value,
        path: impl Into<String>,
        page: &'static str,
    ) -> Result<Self, GraphError> {
        let path = path.into();
        match value.as_object() {
            Some(object) => Ok(Self { object, path, page }),
            None => Err(GraphError::invalid(
                page,
                format!("Param {path} must be a JSON object."),
            )),
        }
    }

    /// The same object, judged by another page.
    pub(crate) fn by(self, page: &'static str) -> Self {
        Self { page, ..self }
    }

    /// The way to it.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The page that it is judged by.
    pub(crate) const fn page(&self) -> &'static str {
        self.page
    }

    /// A member that is an object, if it is there.
    pub(crate) fn object(&self, key: &str) -> Result<Option<Self>, GraphError> {
        self.get(key)
            .map(|value| Self::of(value, self.name(key), self.page))
            .transpose()
    }

    /// A member that is an object and has to be there.
    pub(crate) fn required_object(&self, key: &str) -> Result<Self, GraphError> {
        Self::of(self.required(key)?, self.name(key), self.page)
    }

    /// A list of objects; a missing one is empty.
    pub(crate) fn objects(&self, key: &str) -> Result<Vec<Self>, GraphError> {
        self.list(key)?
            .iter()
            .map(|value| Self::of(value, self.name(key), self.page))
            .collect()
    }

    /// The full name of a member.
    pub(crate) fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Refuses members other than these.
    pub(crate) fn only(&self, keys: &[&str]) -> Result<(), GraphError> {
        match self.object.keys().find(|key| !keys.contains(&key.as_str())) {
            None => Ok(()),
            Some(key) => {
                let key: String = key.chars().take(40).collect();
                Err(self.invalid(format!("Unexpected key \"{key}\" on param \"{}\".", self.path)))
            }
        }
    }

    /// A member, if it is there and not null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// A member that has to be there.
    pub(crate) fn required(&self, key: &str) -> Result<&'a Value, GraphError> {
        self.get(key)
            .ok_or_else(|| GraphError::missing(self.page, &self.name(key)))
    }

    /// A string, if it is there.
    pub(crate) fn text(&self, key: &str) -> Result<Option<&'a str>, GraphError> {
        self.get(key)
            .map(|value| {
                value
                    .as_str()
                    .ok_or_else(|| self.invalid(format!("Param {} must be a string.", self.name(key))))
            })
            .transpose()
    }

    /// A string that has to be there.
    pub(crate) fn required_text(&self, key: &str) -> Result<&'a str, GraphError> {
        self.text(key)?
            .ok_or_else(|| GraphError::missing(self.page, &self.name(key)))
    }

    /// A string of 1 to `limit` characters that has to be there. Characters are code points: Meta does not say.
    pub(crate) fn limited_text(&self, key: &str, limit: usize) -> Result<&'a str, GraphError> {
        let text = self.required_text(key)?;
        self.limit(key, text, limit)?;
        Ok(text)
    }

    /// A string of 1 to `limit` characters, if it is there.
    pub(crate) fn optional_text(&self, key: &str, limit: usize) -> Result<Option<&'a str>, GraphError> {
        let text = self.text(key)?;
        if let Some(text) = text {
            self.limit(key, text, limit)?;
        }
        Ok(text)
    }

    /// A string that has to be there and to be one of these, in capitals or not.
    pub(crate) fn one_of_any_case<'b>(&self, key: &str, allowed: &[&'b str]) -> Result<&'b str, GraphError> {
        let text = self.required_text(key)?;
        match allowed.iter().find(|word| word.eq_ignore_ascii_case(text)) {
            Some(word) => Ok(word),
            None => Err(self.none_of(key, allowed)),
        }
    }

    /// A string that has to be there and to be one of these.
    pub(crate) fn one_of(&self, key: &str, allowed: &[&str]) -> Result<&'a str, GraphError> {
        let text = self.required_text(key)?;
        if allowed.contains(&text) {
            return Ok(text);
        }
        Err(self.none_of(key, allowed))
    }

    fn none_of(&self, key: &str, allowed: &[&str]) -> GraphError {
        let allowed = allowed.join(", ").to_uppercase();
        self.invalid(format!("Param {} must be one of {{{allowed}}}.", self.name(key)))
    }

    /// An address on the web of 1 to `limit` characters that has to be there.
    pub(crate) fn url(&self, key: &str, limit: usize) -> Result<&'a str, GraphError> {
        let text = self.limited_text(key, limit)?;
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest) if !rest.is_empty() && !text.contains(char::is_whitespace) => Ok(text),
            _ => Err(self.invalid(format!("Param {} is not a valid URI.", self.name(key)))),
        }
    }

    /// Refuses an empty text and one of more than `limit` characters.
    pub(crate) fn limit(&self, key: &str, text: &str, limit: usize) -> Result<(), GraphError> {
        match text.chars().count() {
            0 => Err(self.invalid(format!("Param {} must be a non-empty string.", self.name(key)))),
            count if count > limit => Err(self.invalid(format!(
                "Param {} must be at most {limit} characters long.",
                self.name(key)
            ))),
            _ => Ok(()),
        }
    }

    /// An array; a missing one is empty.
    pub(crate) fn list(&self, key: &str) -> Result<&'a [Value], GraphError> {
        match self.get(key) {
            None => Ok(&[]),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(self.invalid(format!("Param {} must be an array.", self.name(key)))),
        }
    }

    /// A boolean, if it is there.
    pub(crate) fn flag(&self, key: &str) -> Result<Option<bool>, GraphError> {
        self.get(key)
            .map(|value| {
                value
                    .as_bool()
                    .ok_or_else(|| self.invalid(format!("Param {} must be a boolean.", self.name(key))))
            })
            .transpose()
    }

    /// Refuses fewer elements than 1 and more than `limit`, as 131009.
    pub(crate) fn count(&self, key: &str, count: usize, limit: usize) -> Result<(), GraphError> {
        if (1..=limit).contains(&count) {
            return Ok(());
        }
        let details = format!("Invalid {key} count. Min allowed {key}: 1, Max allowed {key}: {limit}");
        Err(GraphError::value(self.page, details))
    }

    /// Error 100 with the page of this object.
    pub(crate) fn invalid(&self, details: impl Into<String>) -> GraphError {
        GraphError::invalid(self.page, details)
    }
}
