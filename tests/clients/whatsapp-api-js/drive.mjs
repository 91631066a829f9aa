// Drives whatsapp-api-js (npm) against the simulated cloud: the library as it is, but for the base URL.
//
// Everything that it is asked to do, and everything that comes back, goes through the library's own code. The cloud's
// users act when this asks for it: a line of JSON on the standard output, answered by a line on the standard input.

import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { createServer } from "node:http";
import { createInterface } from "node:readline";

// Node.js 18 has it without the name that the library uses.
globalThis.crypto ??= webcrypto;

const { WhatsAppAPI } = await import("whatsapp-api-js/middleware/node-http");
const {
    ActionButtons, ActionCallPermission, ActionCatalog, ActionContactRequest, ActionCTA, ActionDataExchangeFlow,
    ActionList, ActionLocation, ActionNavigateFlow, ActionProduct, ActionProductList, Address, Audio, Birthday, Body,
    BodyComponent, BodyParameter, Button, CatalogProduct, Contacts, CopyComponent, Currency, DateTime, Document, Email,
    Footer, Header, HeaderComponent, HeaderParameter, Image, Interactive, ListSection, Location, Name, Organization,
    PayloadComponent, Phone, Product, ProductSection, Reaction, Row, Sticker, Template, Text, Url, URLComponent, Video,
} = await import("whatsapp-api-js/messages");

const cloud = JSON.parse(process.env.SQUAB_CLOUD);
const { ada, bob, group, phone_number_id: number } = cloud;
// Numbers of people whom nobody has written to yet, one a message: the pair rule has nothing to say then.
let people = 0;
const somebody = () => ({ phone: `+1650556${String(people++).padStart(4, "0")}` });
// As many milliseconds as a webhook may take. Most are here within half a second.
const PATIENCE = 20_000;

const api = new WhatsAppAPI({
    token: cloud.token,
    appSecret: cloud.app_secret,
    webhookVerifyToken: cloud.verify_token,
    v: "v25.0",
    // The one change: the library writes Meta's address into each request.
    ponyfill: {
        fetch: (url, options) => fetch(String(url).replace("https://graph.facebook.com", cloud.base_url), options),
    },
});

const kept = [];
const waiting = [];

function arrived(kind, update) {
    const at = waiting.findIndex((it) => it.kind === kind && it.wanted(update));
    if (at < 0) kept.push({ kind, update });
    else waiting.splice(at, 1)[0].resolve(update);
}

api.on.message = (update) => arrived("message", update);
api.on.status = (update) => arrived("status", update);

/** The next update of this kind that is wanted; others are kept for whoever waits for them. */
function wait(kind, wanted) {
    const at = kept.findIndex((it) => it.kind === kind && wanted(it.update));
    if (at >= 0) return kept.splice(at, 1)[0].update;
    return new Promise((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no ${kind} came for ${wanted}`)), PATIENCE);
        waiting.push({ kind, wanted, resolve: (update) => (clearTimeout(late), resolve(update)) });
    });
}

const status = (id, word) => wait("status", (it) => it.id === id && it.status === word);
const message = (type) => wait("message", (it) => it.message.type === type);

const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

function say(what) {
    process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** Has the cloud or one of its users do something. */
async function ask(what) {
    say(what);
    assert.deepEqual(JSON.parse((await answers.next()).value), { ok: true });
}

/** Sends what has to be accepted; its id. */
async function send(to, what, ...more) {
    const response = await api.sendMessage(number, to, what, ...more);
    assert.equal(response.error, undefined, JSON.stringify(response));
    return response.messages[0].id;
}

async function delivered(to, what, ...more) {
    const id = await send(to, what, ...more);
    await status(id, "delivered");
    return id;
}

async function refused(code, answer) {
    const { error } = await answer;
    assert.equal(error?.code, code, JSON.stringify(error));
}

const server = createServer(async (request, response) => {
    if (request.method === "POST") {
        response.statusCode = await api.handle_post(request);
        response.end();
        return;
    }
    try {
        response.end(api.handle_get(request));
    } catch (code) {
        response.statusCode = code;
        response.end();
    }
});

const steps = {
    async webhooks_are_verified() {
        await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
        const url = `http://127.0.0.1:${server.address().port}/webhook`;
        await ask({ do: "subscribe", url });
        const body = '{"object":"whatsapp_business_account","entry":[]}';
        for (const headers of [{}, { "x-hub-signature-256": `sha256=${"0".repeat(64)}` }]) {
            const { status } = await fetch(url, { method: "POST", headers, body });
            assert.ok(status >= 400, `the library believes what is not signed: ${status}`);
        }
    },

    async texts() {
        await ask({ do: "write", user: ada, text: "Grüß dich 👋 / @" });
        const hello = await message("text");
        assert.equal(hello.message.text.body, "Grüß dich 👋 / @");
        assert.equal(hello.contact.wa_id, ada.slice(1));
        assert.equal(hello.recipient.bsuid, cloud.ada_bsuid);
        assert.equal(hello.name, "Ada");
        const id = await send({ phone: ada }, new Text("Is it cold enough? äöå 👍 https://example.com", true), undefined, "ticket 1");
        for (const word of ["sent", "delivered", "read"]) {
            const update = await status(id, word);
            assert.equal(update.biz_opaque_callback_data, "ticket 1");
            assert.equal(update.recipient.phone, ada.slice(1));
        }
        assert.equal((await hello.received("text")).success, true);
        const reply = await hello.reply(new Text("I am here"), true);
        await status(reply.messages[0].id, "delivered");
        await delivered({ bsuid: cloud.ada_bsuid }, new Text("You have a name, too"));
    },

    async media() {
        const png = Buffer.from(cloud.png, "hex");
        const upload = async (type, bytes, name) => {
            const form = new FormData();
            form.set("file", new Blob([bytes], { type }), name);
            const stored = await api.uploadMedia(number, form);
            assert.ok(stored.id, JSON.stringify(stored));
            return stored.id;
        };
        const image = await upload("image/png", png, "point.png");
        const found = await api.retrieveMedia(image, number);
        assert.equal(found.mime_type, "image/png");
        assert.equal(Number(found.file_size), png.length);
        const file = await api.fetchMedia(found.url);
        assert.deepEqual(Buffer.from(await file.arrayBuffer()), png);
        for (const what of [
            new Image(image, true, "A point"),
            new Image("https://example.com/point.png"),
            new Video(await upload("video/mp4", "\0\0\0\x18ftypmp42", "a.mp4"), true, "A film"),
            new Document(await upload("application/pdf", "%PDF-1.4", "a.pdf"), true, "Pages", "a.pdf"),
            new Audio(await upload("audio/mpeg", "ID3", "a.mp3"), true),
            new Audio(await upload("audio/ogg", "OggS", "a.ogg"), true, true),
            new Sticker(await upload("image/webp", "RIFF\0\0\0\0WEBPVP8 ", "a.webp"), true),
        ]) await delivered(somebody(), what);
        assert.equal((await api.deleteMedia(image, number)).success, true);
        await refused(100, api.retrieveMedia(image));
        await ask({ do: "write", user: ada, image: "What I see" });
        const { message: seen } = await message("image");
        assert.equal(seen.image.caption, "What I see");
        const again = await api.fetchMedia((await api.retrieveMedia(seen.image.id)).url);
        assert.deepEqual(Buffer.from(await again.arrayBuffer()), png);
    },

    async choices() {
        const buttons = new ActionButtons(new Button("on-it", "I am on it"), new Button("no", "No"));
        let one = somebody();
        let id = await delivered(one, new Interactive(buttons, new Body("A leak"), new Header("Cellar"), new Footer("Squab")));
        await ask({ do: "press", user: one.phone, wamid: id, index: 1 });
        const pressed = (await message("interactive")).message;
        assert.deepEqual(pressed.interactive.button_reply, { id: "no", title: "No" });
        assert.equal(pressed.context.id, id);
        const list = new ActionList(
            "Choose",
            new ListSection("Some", new Row("1", "One", "The first"), new Row("2", "Two")),
            new ListSection("More", new Row("3", "Three", "The last")),
        );
        one = somebody();
        id = await delivered(one, new Interactive(list, new Body("Which?"), new Header("Pumps")));
        await ask({ do: "press", user: one.phone, wamid: id, index: 2 });
        const chosen = (await message("interactive")).message;
        assert.deepEqual(chosen.interactive.list_reply, { id: "3", title: "Three", description: "The last" });
        const product = new CatalogProduct("sku-1", "77");
        for (const [action, body, header, footer] of [
            [new ActionCTA("Open", "https://example.com/a?b=c"), new Body("Look")],
            [new ActionCallPermission(), new Body("May we call?")],
            [new ActionNavigateFlow("t", "1", "Begin", "FIRST", { key: "value" }), new Body("Fill in")],
            [new ActionDataExchangeFlow("t", "1", "Begin"), new Body("Fill in")],
            [new ActionCatalog(product), new Body("All we have"), undefined, new Footer("Squab")],
            [new ActionProduct(product), new Body("The one")],
            [
                new ActionProductList("77", new ProductSection("Some", new Product("sku-1"), new Product("sku-2"))),
                new Body("Some"),
                new Header("Ours"),
            ],
        ]) await delivered(somebody(), new Interactive(action, body, header, footer));
    },

    async places_and_people() {
        await delivered(somebody(), new Location(-122.16153582049394, 37.44216251868683, "Philz Coffee", "101 Forest Ave"));
        await ask({ do: "write", user: ada, latitude: 52.5, longitude: 13.4, name: "Here" });
        assert.deepEqual((await message("location")).message.location, { latitude: 52.5, longitude: 13.4, name: "Here" });
        let one = somebody();
        let id = await delivered(one, new Interactive(new ActionLocation(), new Body("Where are you?")));
        await ask({ do: "press", user: one.phone, wamid: id, index: 0 });
        assert.equal((await message("location")).message.context.id, id);
        await delivered(somebody(), new Contacts([
            new Name("Grace Hopper", "Grace"),
            new Phone("+16505550100", "WORK", "16505550100"),
            new Email("grace@example.com", "WORK"),
            new Url("https://example.com", "WORK"),
            new Address("United States", "us", "VA", "Arlington"),
            new Organization("Navy"),
            new Birthday("1906", "12", "09"),
        ]));
        await ask({ do: "write", user: ada, contact: "Alan", phone: "+16505550101" });
        assert.equal((await message("contacts")).message.contacts[0].name.formatted_name, "Alan");
        one = somebody();
        id = await delivered(one, new Interactive(new ActionContactRequest(), new Body("What is your number?")));
        await ask({ do: "press", user: one.phone, wamid: id, index: 0 });
        assert.equal((await message("contacts")).message.contacts[0].phones[0].wa_id, one.phone.slice(1));
    },

    async reactions() {
        await ask({ do: "write", user: bob, text: "It is dry again" });
        const said = (await message("text")).message;
        for (const reaction of [new Reaction(said.id, "👍"), new Reaction(said.id)]) {
            await status(await send({ phone: bob }, reaction), "sent");
        }
        const id = await delivered({ phone: bob }, new Text("Good"));
        for (const emoji of ["❤️", null]) {
            await ask({ do: "write", user: bob, wamid: id, emoji });
            const { reaction } = (await message("reaction")).message;
            assert.equal(reaction.message_id, id);
            assert.equal(reaction.emoji || null, emoji);
        }
    },

    async groups() {
        const id = await send({ group }, new Text("To all of you"));
        for (const word of ["sent", "delivered", "read"]) {
            const update = await status(id, word);
            assert.equal(update.type, "group");
            assert.equal(update.recipient.group, group);
        }
    },

    async templates() {
        await delivered(somebody(), new Template("order_confirmation", "en_US", new BodyComponent(
            ...["A-1", "12 €", "Friday"].map((text) => new BodyParameter(text)),
        )));
        const one = somebody();
        const id = await delivered(one, new Template(
            "squab_alert", "en_US",
            new BodyComponent(new BodyParameter("leak")),
            new PayloadComponent("acknowledge"),
            new PayloadComponent("snooze"),
        ));
        await ask({ do: "press", user: one.phone, wamid: id, index: 0 });
        assert.deepEqual((await message("button")).message.button, { payload: "acknowledge", text: "Acknowledge" });
        await delivered(somebody(), new Template(
            "offer", "en_US",
            new HeaderComponent(new HeaderParameter(new Image("https://example.com/ice.png"))),
            new BodyComponent(
                new BodyParameter("ice"),
                new BodyParameter(new Currency(1000, "EUR", "1 €")),
                new BodyParameter(new DateTime("Friday")),
            ),
            new URLComponent("today"),
            new CopyComponent("ICE25"),
        ));
        await delivered(somebody(), new Template(
            "named", "en_US", new BodyComponent(new BodyParameter("Ada", "who"), new BodyParameter("leak", "what")),
        ));
        await delivered(somebody(), Template.OTP("login", "en_US", "123456"));
        const short = new Template("order_confirmation", "en_US", new BodyComponent(new BodyParameter("A-1")));
        await refused(132000, api.sendMessage(number, somebody(), short));
        await refused(132001, api.sendMessage(number, somebody(), new Template("no_such", "en_US")));
    },

    async refusals() {
        const id = await send({ phone: cloud.stranger }, new Text("Are you there?"));
        assert.equal((await status(id, "failed")).error.code, 131026);
        for (const code of [131056, 130429]) {
            await ask({ do: "refuse", code });
            await refused(code, api.sendMessage(number, somebody(), new Text("Too fast")));
        }
        await ask({ do: "revoke", revoked: true });
        await refused(190, api.sendMessage(number, somebody(), new Text("No token")));
        await ask({ do: "revoke", revoked: false });
    },
};

for (const [name, step] of Object.entries(steps)) {
    await step();
    say({ done: name });
}
server.close();
process.exit(0);
