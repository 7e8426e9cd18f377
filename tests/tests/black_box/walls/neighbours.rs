//! Two workspaces on one server: theirs, in which there is everything that there can be, and ours, which asks for it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use http::Method;
use serde_json::{Value, json};
use tidings_simulator::whatsapp::Customer;
use tidings_tests::{Api, Line, Outlet, Scene, eventually, text, webhooks::customer};

/// Both workspaces.
pub(crate) struct Neighbours {
    /// The server, with the operator's client.
    pub(crate) scene: Scene,
    /// Their client.
    pub(crate) theirs: Api,
    /// Our client, and its key.
    pub(crate) ours: Api,
    pub(crate) our_secret: String,
    /// Our workspace.
    pub(crate) our_workspace: String,
    /// Ids by the names that the cases use: theirs, and `our.…`.
    pub(crate) things: BTreeMap<&'static str, String>,
    /// The same names with ids that never were anybody's.
    pub(crate) nothings: BTreeMap<&'static str, String>,
    /// Words that only they may ever see.
    pub(crate) theirs_alone: Vec<String>,
    /// Their number, and ours.
    pub(crate) line: Line,
    pub(crate) our_outlet: Outlet,
    _their_outlet: Outlet,
}

/// Who writes to both.
pub(crate) fn customer_of_theirs() -> Customer {
    customer(1)
}

/// A new workspace with a key that may do everything in it.
async fn move_into(scene: &mut Scene, name: &str) -> Result<(String, Api, Value)> {
    let workspace = scene.api.post("/v1/workspaces", &json!({ "name": name })).await?.ok()?;
    let workspace = text(&workspace, "/id").to_owned();
    let there = [("tidings-workspace", workspace.as_str())];
    let key = json!({ "name": format!("Key of {name}") });
    let key = scene.api.call(Method::POST, "/v1/keys", Some(&key), &there).await?.ok()?;
    let api = Api::new(&scene.server.base(), text(&key, "/secret"))?;
    Ok((workspace, api, key))
}

impl Neighbours {
    /// A server with both.
    pub(crate) async fn move_in() -> Result<Self> {
        let mut scene = Scene::start().await?;
        let (their_workspace, theirs, their_key) = move_into(&mut scene, "theirs").await?;
        let (our_workspace, ours, our_key) = move_into(&mut scene, "ours").await?;
        // Whatever the scene makes is made by its client: it is lent to each of them in turn.
        let operator = std::mem::replace(&mut scene.api, theirs);
        let mut things = BTreeMap::from([("workspace", their_workspace), ("key", text(&their_key, "/id").to_owned())]);
        let their_outlet = furnish(&mut scene, &mut things).await?;
        let line = Line::of(&scene.server, their_outlet.line.channel.clone(), "1001")?;
        let theirs = std::mem::replace(&mut scene.api, ours);
        let mut own = BTreeMap::new();
        let our_outlet = furnish_ours(&mut scene, &mut own).await?;
        let ours = std::mem::replace(&mut scene.api, operator);

        let mut theirs_alone: Vec<String> = things.values().filter(|id| id.contains('_')).cloned().collect();
        theirs_alone.extend(["A secret of theirs", "Their endpoint", "Key of theirs"].map(str::to_owned));
        let nothings = things.iter().map(|(name, id)| (*name, never(id))).collect();
        things.extend(own);
        let our_secret = text(&our_key, "/secret").to_owned();
        Ok(Self {
            scene,
            theirs,
            ours,
            our_secret,
            our_workspace,
            things,
            nothings,
            theirs_alone,
            line,
            our_outlet,
            _their_outlet: their_outlet,
        })
    }

    /// What a case's name stands for.
    pub(crate) fn named(&self, name: &str, theirs: bool) -> String {
        let nothing = (!theirs).then(|| self.nothings.get(name)).flatten();
        let named = nothing.or_else(|| self.things.get(name));
        named.unwrap_or_else(|| panic!("nothing is called {name}")).clone()
    }

    /// Everything of theirs, as they see it.
    pub(crate) async fn at_home(&mut self) -> Result<Vec<Value>> {
        let mut seen = Vec::new();
        for list in
            ["channels", "endpoints", "events", "messages", "conversations", "contacts", "keys", "jobs", "consumers"]
        {
            let mut listed = self.theirs.get(&format!("/v1/{list}?limit=200")).await?.ok()?;
            for item in listed["data"].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
                // Looking is a use of their key.
                item.remove("last_used_at");
            }
            seen.push(listed);
        }
        let media = format!("/v1/media/{}", self.things["media"]);
        let mut media = self.theirs.get(&media).await?.ok()?;
        // A fresh link each time.
        for field in ["url", "url_expires_at"] {
            media.as_object_mut().and_then(|media| media.remove(field)).context("a file has a link")?;
        }
        seen.push(media);
        Ok(seen)
    }
}

/// An id of the same kind that is nobody's, or a name that nothing has.
fn never(id: &str) -> String {
    match id.split_once('_') {
        Some((kind, _)) => format!("{kind}_00000000000000000000000007"),
        None => format!("not-{id}"),
    }
}

/// Everything that a workspace can have, twice where there are lists of it.
async fn furnish(scene: &mut Scene, things: &mut BTreeMap<&'static str, String>) -> Result<Outlet> {
    let mut keep = |name: &'static str, document: &Value, pointer: &str| {
        things.insert(name, text(document, pointer).to_owned());
    };
    let mut outlet = scene.outlet("1001").await?;
    scene.line("1009").await?;
    keep("channel", &outlet.line.channel, "/id");
    let listening = json!({ "description": "Their endpoint" });
    let endpoint = scene.subscribe("/theirs", listening).await?;
    keep("endpoint", &endpoint, "/id");
    let paused = scene.subscribe("/paused", json!({ "enabled": false })).await?;
    for (number, id) in [(1, "wamid.first"), (2, "wamid.second")] {
        outlet.hears(&customer(number), id).await?;
    }
    let far = json!({ "text": "A secret of theirs", "scheduled_at": "2099-01-01T00:00:00Z" });
    let message = scene.send(&outlet.to(&customer(1), far)).await?;
    keep("message", &message, "/id");
    keep("conversation", &message, "/conversation_id");
    keep("contact", &message, "/contact_id");
    let events = scene.api.get("/v1/events?limit=200").await?.ok()?;
    keep("event", &events, "/data/0/event_id");
    for picture in [&b"a picture"[..], b"another picture"] {
        let media = scene.api.upload("a.png", "image/png", picture).await?.ok()?;
        keep("media", &media, "/id");
    }
    scene.api.post("/v1/keys", &json!({ "name": "Another key of theirs" })).await?.ok()?;
    let since = json!({ "since": "2020-01-01T00:00:00Z", "only": "missing" });
    for _ in 0..2 {
        let job = scene.api.post(&format!("/v1/endpoints/{}/replay", text(&paused, "/id")), &since).await?.ok()?;
        keep("job", &job, "/id");
    }
    for name in ["theirs", "till"] {
        scene.api.post(&format!("/v1/consumers/{name}/ack"), &json!({ "up_to": "latest" })).await?.ok()?;
    }
    let attempts = format!("/v1/endpoints/{}/attempts", text(&endpoint, "/id"));
    let attempts = eventually("what they were told is written down", async || {
        Ok(Some(scene.api.get(&attempts).await?.ok()?).filter(|told| told["data"][1]["id"].is_string()))
    });
    keep("attempt", &attempts.await?, "/data/0/id");
    things.insert("consumer", "till".to_owned());
    Ok(outlet)
}

/// What asking for theirs needs of ours.
async fn furnish_ours(scene: &mut Scene, things: &mut BTreeMap<&'static str, String>) -> Result<Outlet> {
    let mut outlet = scene.outlet("2002").await?;
    outlet.hears(&customer_of_theirs(), "wamid.ours").await?;
    let endpoint = json!({ "url": scene.receiver.url("/ours"), "enabled": false });
    let endpoint = scene.api.post("/v1/endpoints", &endpoint).await?.ok()?;
    let conversations = scene.api.get("/v1/conversations").await?.ok()?;
    let events = scene.api.get("/v1/events").await?.ok()?;
    let found = |document: &Value, pointer: &str| {
        document.pointer(pointer).and_then(Value::as_str).map(str::to_owned).context("we have nothing")
    };
    things.insert("our.channel", outlet.id().to_owned());
    things.insert("our.endpoint", found(&endpoint, "/id")?);
    things.insert("our.conversation", found(&conversations, "/data/0/id")?);
    things.insert("our.contact", found(&conversations, "/data/0/contact_id")?);
    things.insert("our.event", found(&events, "/data/0/event_id")?);
    let newest = scene.api.get("/v1/events?last=1").await?.ok()?;
    things.insert("our.newest", found(&newest, "/data/0/event_id")?);
    Ok(outlet)
}
