//! The OpenAPI 3.1 document: the routes as they are registered, and the webhooks that endpoints are sent.

use serde_json::{Map, Value};
use tidings_domain::{endpoint::WebhookFormat, event::EventKind};
use tidings_webhooks::{rendered_kind, schema::body_schema};
use utoipa::{
    OpenApi as _,
    openapi::{
        Content, InfoBuilder, OneOfBuilder, OpenApi, Paths, PathsBuilder, Ref, RefOr, Required, Schema,
        path::{HttpMethod, OperationBuilder, ParameterBuilder, ParameterIn, PathItem},
        request_body::RequestBodyBuilder,
        response::ResponseBuilder,
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{api::events::EventEnvelope, problem::ProblemDocument, router::documented};

/// Schemas that no route names by itself.
#[derive(utoipa::OpenApi)]
#[openapi(components(schemas(ProblemDocument, EventEnvelope)))]
struct Shared;

/// The OpenAPI document of what this version serves.
pub fn openapi() -> Value {
    let mut document = serde_json::to_value(routes()).unwrap_or_default();
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        schemas.extend(webhook_schemas());
    }
    document
}

fn routes() -> OpenApi {
    let (api, open) = documented();
    let mut document = Shared::openapi();
    document.merge(api.into_openapi());
    document.merge(open.into_openapi());
    document.info = InfoBuilder::new()
        .title("Tidings")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Customers' messages in, signed webhooks out."))
        .build();
    document.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("An API key of a workspace, or the operator's key."))
        .build();
    document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(bearer));
    add_problems(&mut document.paths);
    document.webhooks = Some(webhooks());
    document
}

/// Every operation may be answered by a problem.
fn add_problems(paths: &mut Paths) {
    let problem = ResponseBuilder::new()
        .description("A problem (RFC 9457), with a stable `code`")
        .content("application/problem+json", Content::new(Some(Ref::from_schema_name("Problem"))))
        .build();
    for item in paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), RefOr::T(problem.clone()));
        }
    }
}

/// One webhook for each event, in either shape.
fn webhooks() -> Paths {
    let headers = [
        ("webhook-id", "The event's id, the same over retries, replays and formats"),
        ("webhook-timestamp", "Unix seconds of this attempt"),
        (
            "webhook-signature",
            "`v1,<base64 HMAC-SHA256>` over `id.timestamp.body`, one for each key, with spaces between",
        ),
        ("tidings-event", "The event's name"),
        ("tidings-format", "`lifecycle` or `object`"),
        ("tidings-attempt", "The number of the attempt, from 1"),
    ];
    EventKind::ALL
        .iter()
        .fold(PathsBuilder::new(), |paths, kind| {
            let name = kind.name();
            let either = WebhookFormat::ALL.iter().fold(OneOfBuilder::new(), |either, format| {
                either.item(Ref::from_schema_name(schema_name(*format, rendered_kind(*kind, *format).name())))
            });
            let body = RequestBodyBuilder::new()
                .content("application/json", Content::new(Some(Schema::OneOf(either.build()))))
                .required(Some(Required::True))
                .build();
            let mut operation = OperationBuilder::new()
                .operation_id(Some(name.replace('.', "_")))
                .summary(Some(name))
                .tag("webhooks")
                .request_body(Some(body))
                .response("2XX", ResponseBuilder::new().description("The receiver took it").build())
                .security(SecurityRequirement::default());
            for (header, description) in headers {
                let parameter = ParameterBuilder::new()
                    .name(header)
                    .parameter_in(ParameterIn::Header)
                    .required(Required::True)
                    .description(Some(description))
                    .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
                operation = operation.parameter(parameter.build());
            }
            paths.path(name, PathItem::new(HttpMethod::Post, operation.build()))
        })
        .build()
}

/// The name of a webhook's schema in this document.
fn schema_name(format: WebhookFormat, of: &str) -> String {
    format!("webhook.{}.{of}", format.name())
}

/// Every webhook's body. What a schema has of its own to refer to stands beside it here.
fn webhook_schemas() -> Map<String, Value> {
    let mut schemas = Map::new();
    for format in WebhookFormat::ALL.iter().copied() {
        let attachment = schema_name(format, "attachment");
        for kind in EventKind::ALL.iter().copied() {
            let Some(Value::Object(mut schema)) = body_schema(kind, format) else { continue };
            schema.remove("$schema");
            if let Some(Value::Object(mut own)) = schema.remove("$defs")
                && let Some(part) = own.remove("attachment")
            {
                schemas.insert(attachment.clone(), part);
            }
            let mut schema = Value::Object(schema);
            refer(&mut schema, &format!("#/components/schemas/{attachment}"));
            schemas.insert(schema_name(format, kind.name()), schema);
        }
    }
    schemas
}

/// Lets all references of a schema lead here.
fn refer(schema: &mut Value, to: &str) {
    match schema {
        Value::Object(fields) => {
            for (name, field) in fields {
                if name == "$ref" { *field = Value::from(to) } else { refer(field, to) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, to)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_openapi_3_1_and_whole() {
        let document = openapi();
        assert_eq!(document["openapi"], "3.1.0");
        assert!(document["paths"]["/v1/channels"]["post"].is_object());
        assert!(document["paths"]["/in/{channel_id}"]["get"].is_object());
        assert!(document["components"]["schemas"]["EndpointPatch"]["properties"]["resume_from"].is_object());
        assert!(document["components"]["schemas"]["EndpointPatch"]["required"].is_null());
        assert_eq!(document["webhooks"].as_object().unwrap().len(), EventKind::ALL.len());
        for name in references(&document) {
            let pointer = name.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{name} leads nowhere");
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = openapi();
        let mut names: Vec<_> = document["paths"]
            .as_object()
            .unwrap()
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
            .filter_map(|operation| operation["operationId"].as_str())
            .collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    fn references(value: &Value) -> Vec<String> {
        match value {
            Value::Object(object) => object
                .iter()
                .flat_map(|(key, value)| match value {
                    Value::String(name) if key == "$ref" => vec![name.clone()],
                    value => references(value),
                })
                .collect(),
            Value::Array(items) => items.iter().flat_map(references).collect(),
            _ => Vec::new(),
        }
    }
}
