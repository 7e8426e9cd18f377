//! Templates as the vendor has them.

use rusqlite::params;
use tidings_domain::{
    ChannelId, Timestamp,
    template::{Template, TemplateNews},
};
use tidings_store::{StoreError, Templates};

use crate::{
    codec,
    error::refused,
    session::{Reader, Session},
};

/// The templates of a channel.
pub(crate) fn list(reader: &Reader<'_>, channel: ChannelId) -> Result<Templates, StoreError> {
    let mut statement = reader.statement("SELECT number, templates_read_at FROM channels WHERE id = ?1")?;
    let rows = statement.query([channel.to_bytes()]).map_err(refused)?;
    let found = codec::first(rows, |row| {
        Ok((codec::column::<i64>(row, "number")?, codec::optional_time(row, "templates_read_at")?))
    })?;
    let Some((number, read_at)) = found else { return Ok(Templates::default()) };
    let mut statement =
        reader.statement("SELECT document FROM templates WHERE channel = ?1 ORDER BY name, language")?;
    let rows = statement.query([number]).map_err(refused)?;
    Ok(Templates { read_at, templates: codec::collect(rows, |row| codec::document(row, "document"))? })
}

/// Takes these for all the templates of a channel.
pub(crate) fn replace(
    session: &mut Session<'_>,
    channel: ChannelId,
    templates: &[Template],
    at: Timestamp,
) -> Result<(), StoreError> {
    let number = session.channel(channel)?;
    let reader = &session.reader;
    reader.statement("DELETE FROM templates WHERE channel = ?1")?.execute([number]).map_err(refused)?;
    for template in templates {
        write(reader, number, template)?;
    }
    reader
        .statement("UPDATE channels SET templates_read_at = ?2 WHERE number = ?1")?
        .execute([number, at.as_millis()])
        .map(drop)
        .map_err(refused)
}

/// Follows what the vendor says of a template, in every language unless it names one.
pub(crate) fn follow(session: &mut Session<'_>, channel: ChannelId, news: &TemplateNews) -> Result<u64, StoreError> {
    let number = session.channel(channel)?;
    let reader = &session.reader;
    let mut statement = reader.statement(
        "SELECT document FROM templates WHERE channel = ?1 AND name = ?2 AND (?3 IS NULL OR language = ?3)",
    )?;
    let rows = statement.query(params![number, news.name, news.language]).map_err(refused)?;
    let known: Vec<Template> = codec::collect(rows, |row| codec::document(row, "document"))?;
    for template in &known {
        let template = Template {
            status: news.status.clone().unwrap_or_else(|| template.status.clone()),
            category: news.category.clone().or_else(|| template.category.clone()),
            quality: news.quality.clone().or_else(|| template.quality.clone()),
            ..template.clone()
        };
        write(reader, number, &template)?;
    }
    Ok(known.len() as u64)
}

fn write(reader: &Reader<'_>, channel: i64, template: &Template) -> Result<(), StoreError> {
    reader
        .statement(
            "INSERT OR REPLACE INTO templates (channel, name, language, status, category, document) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            channel,
            template.name,
            template.language,
            template.status,
            template.category,
            codec::to_document("template", template)?,
        ])
        .map(drop)
        .map_err(refused)
}
