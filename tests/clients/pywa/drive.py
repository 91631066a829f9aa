"""Drives pywa (PyPI) against the simulated cloud: the library as it is, but for the base URL.

Everything that it is asked to do, and everything that comes back, goes through pywa's own code. The cloud's users act
when this asks for it: a line of JSON on the standard output, answered by a line on the standard input.
"""

import itertools
import json
import logging
import os
import queue
import ssl
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import httpx
from pywa import WhatsApp, errors, types, utils
from pywa.types.templates import (
    BodyText,
    CopyCodeButton,
    HeaderImage,
    HeaderText,
    QuickReplyButton,
    TemplateCategory,
    TemplateLanguage,
    TemplateStatus,
    URLButton as TemplateURLButton,
)
from pywa.types.templates import Buttons, Template

# What pywa cannot make an update of it logs with its trace, and answers 200: it is looked for here in another way.
logging.getLogger("pywa").setLevel(logging.CRITICAL)
CLOUD = json.loads(os.environ["SQUAB_CLOUD"])
ADA = CLOUD["ada"]
BOB = CLOUD["bob"]
GROUP = CLOUD["group"]
# Numbers of people whom nobody has written to yet, one a message: the pair rule has nothing to say then.
PEOPLE = (f"+1650556{n:04}" for n in itertools.count())
# As many seconds as a webhook may take. Most are here within half of one.
PATIENCE = 20

session = httpx.Client(verify=ssl.create_default_context(cafile=CLOUD["ca"]))
wa = WhatsApp(
    phone_id=CLOUD["phone_number_id"],
    token=CLOUD["token"],
    session=session,
    verify_token=CLOUD["verify_token"],
    app_secret=CLOUD["app_secret"],
    waba_id=CLOUD["business_account_id"],
)
# The one change: pywa sets Meta's address itself.
session.base_url = str(session.base_url).replace("https://graph.facebook.com", CLOUD["base_url"])

arrived = queue.Queue()


@wa.on_message
def _message(_, update):
    arrived.put(update)


@wa.on_callback_button
def _button(_, update):
    arrived.put(update)


@wa.on_callback_selection
def _selection(_, update):
    arrived.put(update)


@wa.on_message_status
def _status(_, update):
    arrived.put(update)


@wa.on_group_message_statuses
def _statuses(_, update):
    arrived.put(update)


@wa.on_raw_update
def _failed(_, update):
    """Meta leaves the contacts out of a failed status, and pywa 4.5 makes no MessageStatus without them."""
    for status in update["entry"][0]["changes"][0]["value"].get("statuses", []):
        if status["status"] == "failed":
            arrived.put(update)


@wa.on_template_status_update
def _template(_, update):
    arrived.put(update)


@wa.on_user_marketing_preferences
def _preferences(_, update):
    arrived.put(update)


class Endpoint(BaseHTTPRequestHandler):
    """Where webhooks come in, wired as pywa's documentation says for a server of one's own."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        asked = lambda name: query.get(name, [None])[0]
        self.answer(*wa.webhook_challenge_handler(asked(utils.HUB_VT), asked(utils.HUB_CH)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refused = wa.webhook_update_validator(body, self.headers.get(utils.HUB_SIG))
        self.answer(*(refused or wa.webhook_update_handler(body)))

    def answer(self, text, status):
        body = str(text).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def ask(**what):
    """Has the cloud or one of its users do something."""
    print(json.dumps(what), flush=True)
    answer = json.loads(sys.stdin.readline())
    assert answer == {"ok": True}, answer


kept = []


def wait(kind, wanted=lambda _: True):
    """The next update of this kind that is wanted; others are kept for whoever waits for them."""
    for update in kept:
        if isinstance(update, kind) and wanted(update):
            kept.remove(update)
            return update
    while True:
        try:
            update = arrived.get(timeout=PATIENCE)
        except queue.Empty:
            others = sorted({type(it).__name__ for it in kept})
            raise AssertionError(f"no {kind.__name__} came, only {others}") from None
        if isinstance(update, kind) and wanted(update):
            return update
        kept.append(update)


def status_of(sent, status):
    return wait(types.MessageStatus, lambda it: it.id == sent.id and it.status == status)


def webhooks_are_verified(url):
    ask(do="subscribe", url=url)
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    for headers, status in [({}, 401), ({utils.HUB_SIG: "sha256=" + "0" * 64}, 403)]:
        try:
            urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=PATIENCE)
        except urllib.error.HTTPError as why:
            assert why.code == status, why
        else:
            raise AssertionError("pywa believes what is not signed")


def texts():
    ask(do="write", user=ADA, text="Grüß dich 👋 / @")
    hello = wait(types.Message)
    assert hello.text == "Grüß dich 👋 / @" and hello.type == types.MessageType.TEXT
    assert hello.from_user.name == "Ada" and hello.from_user.wa_id == ADA.lstrip("+")
    assert hello.from_user.bsuid == CLOUD["ada_bsuid"]
    sent = wa.send_message(ADA, "Is it cold enough? äöå 👍 https://example.com", preview_url=True, tracker="ticket 1")
    assert sent.to == ADA.lstrip("+"), sent
    for status in (types.MessageStatusType.SENT, types.MessageStatusType.DELIVERED, types.MessageStatusType.READ):
        update = status_of(sent, status)
        assert update.tracker == "ticket 1" and update.from_user.wa_id == ADA.lstrip("+")
    assert hello.mark_as_read() and hello.indicate_typing()
    quoting = hello.reply("I am here", quote=True)
    status_of(quoting, types.MessageStatusType.DELIVERED)
    by_id = wa.send_message(CLOUD["ada_bsuid"], "You have a name, too")
    status_of(by_id, types.MessageStatusType.DELIVERED)


def media():
    png = bytes.fromhex(CLOUD["png"])
    stored = wa.upload_media(png, mime_type="image/png", filename="point.png")
    found = wa.get_media_url(stored.id)
    assert found.mime_type == "image/png" and found.id == stored.id
    assert int(found.file_size) == len(png)
    assert wa.get_media_bytes(found.url) == png
    for send in [
        lambda: wa.send_image(next(PEOPLE), stored.id, caption="A point"),
        lambda: wa.send_image(next(PEOPLE), "https://example.com/point.png"),
        lambda: wa.send_image(next(PEOPLE), png, "A point", mime_type="image/png", buttons=[types.Button("Seen", "seen")]),
        lambda: wa.send_video(next(PEOPLE), b"\0\0\0\x18ftypmp42", caption="A film", mime_type="video/mp4"),
        lambda: wa.send_document(next(PEOPLE), b"%PDF-1.4", filename="a.pdf", caption="Pages", mime_type="application/pdf"),
        lambda: wa.send_audio(next(PEOPLE), b"ID3", mime_type="audio/mpeg"),
        lambda: wa.send_voice(next(PEOPLE), b"OggS", mime_type="audio/ogg"),
        lambda: wa.send_sticker(next(PEOPLE), b"RIFF\0\0\0\0WEBPVP8 ", mime_type="image/webp"),
    ]:
        status_of(send(), types.MessageStatusType.DELIVERED)
    assert wa.delete_media(stored.id)
    refused(100, lambda: wa.get_media_url(stored.id))
    ask(do="write", user=ADA, image="What I see")
    seen = wait(types.Message, lambda it: it.type == types.MessageType.IMAGE)
    assert seen.caption == "What I see" and seen.image.mime_type == "image/png"
    assert seen.image.get_bytes() == png


def choices():
    somebody = next(PEOPLE)
    sent = wa.send_message(
        somebody, "A leak", header="Cellar", footer="Squab", buttons=[types.Button("I am on it", "on-it"), types.Button("No", "no")]
    )
    status_of(sent, types.MessageStatusType.DELIVERED)
    ask(do="press", user=somebody, wamid=sent.id, index=1)
    pressed = wait(types.CallbackButton)
    assert (pressed.data, pressed.title) == ("no", "No") and pressed.reply_to_message.id == sent.id
    rows = [types.SectionRow("One", "1", "The first"), types.SectionRow("Two", "2")]
    more = types.Section("More", [types.SectionRow("Three", "3", "The last")])
    somebody = next(PEOPLE)
    sent = wa.send_message(somebody, "Which?", buttons=types.SectionList("Choose", [types.Section("Some", rows), more]))
    status_of(sent, types.MessageStatusType.DELIVERED)
    ask(do="press", user=somebody, wamid=sent.id, index=2)
    chosen = wait(types.CallbackSelection)
    assert (chosen.data, chosen.title, chosen.description) == ("3", "Three", "The last")
    for send in [
        lambda: wa.send_message(next(PEOPLE), "Look", buttons=types.URLButton("Open", "https://example.com/a?b=c")),
        lambda: wa.send_message(next(PEOPLE), "Call us", buttons=types.VoiceCallButton("Call", ttl_minutes=60)),
        lambda: wa.send_message(next(PEOPLE), "May we call?", buttons=types.CallPermissionRequestButton()),
        lambda: wa.send_message(
            next(PEOPLE), "Fill in", buttons=types.FlowButton("Begin", flow_id="1", flow_token="t", flow_action_screen="FIRST")
        ),
        lambda: wa.send_catalog(next(PEOPLE), "All we have", "Squab", thumbnail_product_sku="sku-1"),
        lambda: wa.send_product(next(PEOPLE), "77", "sku-1", "The one", "Squab"),
        lambda: wa.send_products(next(PEOPLE), "77", [types.ProductsSection("Some", ["sku-1", "sku-2"])], "Ours", "Some"),
        lambda: wa.send_carousel(
            next(PEOPLE),
            body="Two places",
            cards=[
                types.ImageCarouselCard(
                    body=f"Place {n}",
                    image=f"https://example.com/{n}.png",
                    buttons=types.URLButton("Open", f"https://example.com/{n}"),
                )
                for n in (1, 2)
            ],
        ),
    ]:
        status_of(send(), types.MessageStatusType.DELIVERED)


def places_and_people():
    sent = wa.send_location(next(PEOPLE), 37.44216251868683, -122.16153582049394, "Philz Coffee", "101 Forest Ave")
    status_of(sent, types.MessageStatusType.DELIVERED)
    ask(do="write", user=ADA, latitude=52.5, longitude=13.4, name="Here")
    here = wait(types.Message, lambda it: it.type == types.MessageType.LOCATION)
    assert (here.location.latitude, here.location.longitude, here.location.name) == (52.5, 13.4, "Here")
    somebody = next(PEOPLE)
    sent = wa.request_location(somebody, "Where are you?")
    status_of(sent, types.MessageStatusType.DELIVERED)
    ask(do="press", user=somebody, wamid=sent.id, index=0)
    here = wait(types.Message, lambda it: it.type == types.MessageType.LOCATION)
    assert here.reply_to_message.id == sent.id
    person = types.Contact(
        name=types.Contact.Name(formatted_name="Grace Hopper", first_name="Grace"),
        phones=[types.Contact.Phone(phone="+16505550100", type="WORK", wa_id="16505550100")],
        emails=[types.Contact.Email(email="grace@example.com", type="WORK")],
        urls=[types.Contact.Url(url="https://example.com", type="WORK")],
        addresses=[types.Contact.Address(city="Arlington", country="United States", country_code="us")],
        org=types.Contact.Org(company="Navy"),
        birthday="1906-12-09",
    )
    status_of(wa.send_contact(next(PEOPLE), person), types.MessageStatusType.DELIVERED)
    ask(do="write", user=ADA, contact="Alan", phone="+16505550101")
    people = wait(types.Message, lambda it: it.type == types.MessageType.CONTACTS)
    assert people.contacts[0].name.formatted_name == "Alan" and people.contacts[0].phones[0].wa_id == "16505550101"
    somebody = next(PEOPLE)
    sent = wa.request_contact_info(somebody, "What is your number?")
    status_of(sent, types.MessageStatusType.DELIVERED)
    ask(do="press", user=somebody, wamid=sent.id, index=0)
    people = wait(types.Message, lambda it: it.type == types.MessageType.CONTACTS)
    assert people.contacts[0].phones[0].wa_id == somebody.lstrip("+")


def reactions():
    ask(do="write", user=BOB, text="It is dry again")
    said = wait(types.Message, lambda it: it.type == types.MessageType.TEXT)
    status_of(said.react("👍"), types.MessageStatusType.SENT)
    status_of(said.unreact(), types.MessageStatusType.SENT)
    sent = wa.send_message(BOB, "Good")
    status_of(sent, types.MessageStatusType.DELIVERED)
    for emoji in ("❤️", None):
        ask(do="write", user=BOB, wamid=sent.id, emoji=emoji)
        felt = wait(types.Message, lambda it: it.type == types.MessageType.REACTION)
        assert felt.reaction.message_id == sent.id and (felt.reaction.emoji or None) == emoji, felt


def groups():
    sent = wa.send_message(GROUP, "To all of you")
    reached = set()
    while len(reached) < 2:
        told = wait(types.GroupMessageStatuses)
        assert told.group_id == GROUP and all(one.id == sent.id for one in told)
        reached |= {one.from_user.wa_id for one in told if one.status == types.MessageStatusType.DELIVERED}
    assert reached == {ADA.lstrip("+"), BOB.lstrip("+")}
    assert wa.pin_message(GROUP, sent.id, expiration_days=7).id


def templates():
    plain = wa.send_template(
        next(PEOPLE),
        "order_confirmation",
        TemplateLanguage.ENGLISH_US,
        [BodyText.params("A-1", "12 €", "Friday")],
        tracker="ticket 2",
    )
    assert status_of(plain, types.MessageStatusType.DELIVERED).tracker == "ticket 2"
    somebody = next(PEOPLE)
    alert = wa.send_template(
        somebody,
        "squab_alert",
        TemplateLanguage.ENGLISH_US,
        [
            BodyText.params("leak"),
            QuickReplyButton.params(callback_data="acknowledge", index=0),
            QuickReplyButton.params(callback_data="snooze", index=1),
        ],
    )
    status_of(alert, types.MessageStatusType.DELIVERED)
    ask(do="press", user=somebody, wamid=alert.id, index=0)
    pressed = wait(types.CallbackButton)
    assert (pressed.data, pressed.is_quick_reply) == ("acknowledge", True)
    rich = Template(
        name="offer_of_the_day",
        language=TemplateLanguage.ENGLISH_US,
        category=TemplateCategory.MARKETING,
        components=[
            HeaderText("For {{1}}", "Ada"),
            BodyText("We have {{1}} for {{2}} today", "ice", "1 €"),
            Buttons(buttons=[QuickReplyButton(text="No more"), TemplateURLButton(text="Open", url="https://example.com/{{1}}", example="1")]),
        ],
    )
    made = wa.create_template(rich)
    assert made.status in (TemplateStatus.PENDING, TemplateStatus.APPROVED), made
    names = {one.name for one in wa.get_templates()}
    assert {"order_confirmation", "squab_alert", "offer_of_the_day"} <= names, names
    assert wa.get_template(made.id).name == "offer_of_the_day"
    for params, code in [([BodyText.params("A-1")], 132000), (None, 132000)]:
        refused(code, lambda: wa.send_template(next(PEOPLE), "order_confirmation", TemplateLanguage.ENGLISH_US, params))
    refused(132001, lambda: wa.send_template(next(PEOPLE), "no_such", TemplateLanguage.ENGLISH_US))
    for word, status, code in [
        ("paused", TemplateStatus.PAUSED, 132015),
        ("disabled", TemplateStatus.DISABLED, 132016),
        ("approved", TemplateStatus.APPROVED, None),
    ]:
        ask(do="template", name="update_notification", status=word)
        told = wait(types.TemplateStatusUpdate)
        assert (told.template_name, told.new_status) == ("update_notification", status)
        send = lambda: wa.send_template(
            next(PEOPLE), "update_notification", TemplateLanguage.ENGLISH_US, [BodyText.params("news")]
        )
        refused(code, send) if code else send()
    for wanted in (False, True):
        ask(do="marketing", user=BOB, wanted=wanted)
        assert bool(wait(types.UserMarketingPreferences)) == wanted


def refusals():
    late = wa.send_message(CLOUD["stranger"], "Are you there?")
    told = wait(types.RawUpdate)["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert (told["id"], told["errors"][0]["code"]) == (late.id, 131026), told
    ask(do="refuse", code=131056)
    refused(131056, lambda: wa.send_message(next(PEOPLE), "Too fast"))
    ask(do="refuse", code=130429)
    refused(130429, lambda: wa.send_message(next(PEOPLE), "Too much"))
    refused(100, lambda: wa.send_message(next(PEOPLE), "x" * 4097))
    ask(do="revoke", revoked=True)
    refused(190, lambda: wa.send_message(next(PEOPLE), "No token"))
    ask(do="revoke", revoked=False)


def accounts():
    number = wa.get_business_phone_number()
    assert number.display_phone_number.lstrip("+") == CLOUD["display_phone_number"] and number.verified_name
    assert wa.get_business_account().id == CLOUD["business_account_id"]
    assert wa.register_phone_number(pin="123456")
    assert wa.override_waba_callback_url(URL, CLOUD["verify_token"])
    assert wa.delete_waba_callback_url()


def refused(code, send):
    try:
        send()
    except errors.WhatsAppError as why:
        assert why.code == code, why
    else:
        raise AssertionError(f"not refused: {code}")


server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
URL = f"http://127.0.0.1:{server.server_port}/webhook"
threading.Thread(target=server.serve_forever, daemon=True).start()
webhooks_are_verified(URL)
for step in (texts, media, choices, places_and_people, reactions, groups, templates, refusals, accounts):
    step()
    print(json.dumps({"done": step.__name__}), flush=True)
