"""The cloud's page in Chromium, with a real kiosk at the cloud: `cargo xtask test browser` runs it.

Needs SQUAB (the program) and CHROMIUM in the environment; PICTURES is a directory that gets a picture of each main view.
"""

import atexit
import json
import math
import os
import queue
import re
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zlib
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

SQUAB = os.environ["SQUAB"]
PICTURES = os.environ.get("PICTURES")
ADA, GRACE = "+16505551234", "+4915112345678"
WIDTHS = {1440: 900, 360: 740}
VIEWS = {"chats": "/squab/", "timeline": "/squab/timeline", "limits": "/squab/limits", "controls": "/squab/controls"}
EVIL = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
BELOW = "talk => talk.scrollHeight - talk.scrollTop - talk.clientHeight"
PATIENCE = 20  # Seconds until something has to have happened.

playwright = sync_playwright().start()
atexit.register(playwright.stop)
browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
atexit.register(browser.close)
expect.set_options(timeout=PATIENCE * 1000)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Lines:
    """The lines that a program writes, and its end."""

    def __init__(self, process):
        self.process, self.lines = process, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def until(self, wanted):
        end = time.monotonic() + PATIENCE
        seen = []
        while (left := end - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                break
            seen.append(line)
            if wanted(line):
                return line
        raise AssertionError("not seen within %d s:\n%s" % (PATIENCE, "\n".join(seen)))


def start(*args):
    process = subprocess.Popen(
        [SQUAB, *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
    )
    return process, Lines(process)


class Cloud:
    """`squab cloud` on a free port, over TLS, with a kiosk if one is asked for."""

    def __init__(self, *args, kiosk=False):
        self.directory = tempfile.TemporaryDirectory()
        inside = lambda name: str(Path(self.directory.name, name))
        port = free_port()
        more = ["--webhook", f"http://127.0.0.1:{port}/webhooks/whatsapp"] if kiosk else []
        self.process, self.lines = start(
            "cloud", "--listen", "127.0.0.1:0", "--ca-out", inside("ca.pem"), "--config-out", inside("kiosk.csv"), *more, *args
        )
        self.url = self.lines.until(lambda line: line.startswith("the cloud: ")).removeprefix("the cloud: ")
        self.lines.until(lambda line: line.startswith("config: "))
        self.kiosk = None
        if kiosk:
            self.kiosk, self.events = start(
                "kiosk", "--config", inside("kiosk.csv"), "--graph", self.url, "--ca", inside("ca.pem"), "--listen", f"127.0.0.1:{port}", "--outbox", self.url
            )
            self.lines.until(lambda line: "webhook subscriber verified" in line)
        config = Path(inside("kiosk.csv")).read_text().splitlines()
        self.config = dict(line.split(",", 1) for line in config)
        self.tls = ssl.create_default_context(cafile=inside("ca.pem"))

    def request(self, method, path, body, **headers):
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **headers}, method=method)
        with urllib.request.urlopen(request, context=self.tls) as answer:
            return json.load(answer)

    def file(self, media_type, content):
        """A file that the cloud has: its id."""
        request = urllib.request.Request(self.url + "/squab/api/v1/files", content, {"Content-Type": media_type})
        with urllib.request.urlopen(request, context=self.tls) as answer:
            return json.load(answer)["id"]

    def name(self, user, name, **behaviour):
        self.request("PUT", f"/squab/api/v1/users/{user}", {"name": name, "behaviour": behaviour})

    def send(self, to, kind, content, **more):
        """A client's message: the answer, or the refusal."""
        body = {"messaging_product": "whatsapp", "to": to, "type": kind, kind: content, **more}
        path = f"/v25.0/{self.config['whatsapp-phone-number-id']}/messages"
        try:
            return self.request("POST", path, body, Authorization="Bearer " + self.config["whatsapp-api-key"])
        except urllib.error.HTTPError as refusal:
            return json.load(refusal)

    def write(self, **message):
        return self.request("POST", "/squab/api/v1/messages", {"type": "text", **message})

    def alert(self, **alert):
        self.kiosk.stdin.write(json.dumps(alert) + "\n")
        self.kiosk.stdin.flush()

    def event(self, **wanted):
        """Waits for an event of the kiosk."""
        fits = lambda line: line.startswith("{") and wanted.items() <= json.loads(line).items()
        return json.loads(self.events.until(fits))

    def stop(self):
        for process in filter(None, [self.kiosk, self.process]):
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
        self.directory.cleanup()


class Case(unittest.TestCase):
    """A page of its own for each test. At its end nothing may have gone wrong in it, or have been fetched elsewhere."""

    def page(self, cloud, path="/squab/", width=1440, scheme="light", script=True):
        context = browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]},
            color_scheme=scheme,
            java_script_enabled=script,
            ignore_https_errors=True,
            reduced_motion="reduce",
        )
        self.addCleanup(context.close)
        page = context.new_page()
        wrong = []
        page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(cloud.url + "/") else None)
        self.addCleanup(lambda: self.assertEqual(wrong, []))
        page.goto(cloud.url + path)
        return page

    def cloud(self, *args, **more):
        cloud = Cloud(*args, **more)
        self.addCleanup(cloud.stop)
        return cloud

    def assert_accessible(self, page):
        found = Axe().run(page).response["violations"]
        serious = [
            (rule["id"], [node["html"][:160] + " " + node.get("failureSummary", "")[:200] for node in rule["nodes"][:3]])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        self.assertEqual(serious, [], page.url)

    def assert_fits(self, page):
        """Nothing is wider than the window."""
        widths = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        self.assertLessEqual(widths[0], widths[1], page.url)


def picture(page, name):
    if PICTURES:
        page.screenshot(path=Path(PICTURES, f"{name}-{page.viewport_size['width']}.png"))


def chart():
    """A picture to send: the temperature of a freezer that loses its power."""
    width, height = 480, 240
    rows = [bytearray(b"\xf7\xf9\xfa" * width) for _ in range(height)]

    def dot(x, y, colour):
        for dy in range(3):
            rows[min(height - 1, y + dy)][3 * x : 3 * x + 3] = colour

    for x in range(width):
        for y in range(30, height, 50):
            dot(x, y, b"\xe3\xe8\xea")
        warm = max(0, x - 300) / 180
        y = int(190 + 5 * math.sin(x / 9) - 150 * warm * warm * (3 - 2 * warm))
        for step in range(-3, 4):
            dot(x, max(0, y + step), b"\xb3\x26\x1e" if warm > 0.5 else b"\x0a\x6e\x5c")
    pixels = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows), 9)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def scene(cloud):
    """A morning of a mall's kiosk: every kind of bubble, an answer, a flood, refusals."""
    cloud.name("+14155550123", "Mall office")
    cloud.name("+447700900123", "Lin Night shift")
    cloud.name(GRACE, "Grace Hopper")
    cloud.name(ADA, "Ada Lovelace")
    cloud.send("+14155550123", "interactive", {"type": "cta_url", "body": {"text": "The report of October is ready."}, "action": {"name": "cta_url", "parameters": {"display_text": "Open report", "url": "https://example.org/report"}}})
    cloud.send("+447700900123", "contacts", [{"name": {"formatted_name": "Plumber, 24 h", "first_name": "Plumber"}, "phones": [{"phone": "+44 7700 900456"}]}])
    cloud.send("+447700900123", "template", {"name": "no_such_template", "language": {"code": "en_US"}})
    cloud.send("+447700900123", "text", {"body": "x" * 5000})
    for number in range(48):
        cloud.send(GRACE, "text", {"body": f"Door 4 opened, {number + 1} times today"})
    cloud.send(ADA, "template", {"name": "squab_alert", "language": {"code": "en_US"}, "components": [{"type": "body", "parameters": [{"type": "text", "text": "freezer 2 has no power"}]}]})
    cloud.send(ADA, "location", {"latitude": "37.44216", "longitude": "-122.16153", "name": "Mall West, gate 4", "address": "101 Forest Ave"})
    cloud.send(ADA, "document", {"link": "https://example.org/plan.pdf", "filename": "Cold rooms.pdf", "caption": "Where the valves are"})
    cloud.send(ADA, "interactive", {"type": "list", "body": {"text": "Which room shall be checked first?"}, "action": {"button": "Choose a room", "sections": [{"title": "Basement", "rows": [{"id": "p", "title": "Pump room", "description": "Last visit 3 days ago"}, {"id": "c", "title": "Cold store"}]}]}})
    cloud.send(ADA, "image", {"id": cloud.file("image/png", chart()), "caption": "Freezer 2, last night"})
    leak = cloud.send(ADA, "interactive", {"type": "button", "header": {"type": "text", "text": "Leak in the cellar"}, "body": {"text": "Water sensor 7 is wet since *14:02*. Who goes?"}, "footer": {"text": "Kiosk 12, Mall West"}, "action": {"buttons": [{"type": "reply", "reply": {"id": "on-it", "title": "I am on it"}}, {"type": "reply", "reply": {"id": "later", "title": "In ten minutes"}}]}})
    wamid = leak["messages"][0]["id"]
    cloud.request("POST", f"/squab/api/v1/messages/{wamid}/press", {"index": 0})
    cloud.request("POST", f"/squab/api/v1/messages/{wamid}/react", {"emoji": "🙏"})
    cloud.write(**{"from": ADA, "text": "On my way, five minutes. Is the pump running?"})
    cloud.send(ADA, "text", {"body": "Pump 1 is, pump 2 is *not*."})


class Page(Case):
    def test_the_first_page_says_what_to_do_next(self):
        cloud = self.cloud()
        for width in WIDTHS:
            page = self.page(cloud, width=width)
            expect(page.get_by_role("heading", name="Send the first message")).to_be_visible()
            expect(page.get_by_label("A message with curl", exact=True)).to_contain_text(f"{cloud.url}/v25.0/")
            expect(page.locator(".live")).to_have_text("live")
            self.assert_accessible(page)
            self.assert_fits(page)
            picture(page, "start")
        cloud.send(ADA, "text", {"body": "Is it cold enough?"})
        expect(page.get_by_role("link", name="User 1234")).to_be_visible()

    def test_every_view_is_accessible_fits_and_fetches_nothing_from_elsewhere_at_both_widths_light_and_dark(self):
        cloud = self.cloud("--read-after", "1s")
        scene(cloud)
        views = {**VIEWS, "chat": "/squab/chats/16505551234", "budget": "/squab/chats/4915112345678", "refused": "/squab/timeline?show=refused"}
        reading = self.page(cloud, views["chat"])
        expect(reading.locator(".msg .ticks").last).to_have_attribute("aria-label", "read")
        self.assertEqual(reading.get_by_alt_text("Photo").evaluate("image => image.naturalWidth"), 480)
        self.assertLess(reading.locator("#talk").evaluate(BELOW), 5)
        shown = {"chat": "light", "limits": "light", "refused": "light", "controls": "light", "budget": "dark"}
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                page = self.page(cloud, width=width, scheme=scheme)
                for name, path in views.items():
                    with self.subTest(view=name, width=width, scheme=scheme):
                        page.goto(cloud.url + path)
                        expect(page.locator(".live")).to_have_text("live")
                        if name == "refused":
                            page.locator("summary").filter(has_text="template").first.click()
                        self.assert_accessible(page)
                        self.assert_fits(page)
                        if shown.get(name) == scheme:
                            picture(page, {"refused": "timeline"}.get(name, name))

    def test_script_in_names_and_texts_is_shown_and_never_run(self):
        cloud = self.cloud()
        cloud.name(ADA, EVIL)
        cloud.send(ADA, "text", {"body": EVIL})
        cloud.write(**{"from": ADA, "text": EVIL})
        for path in [*VIEWS.values(), "/squab/chats/16505551234"]:
            page = self.page(cloud, path)
            expect(page.locator(".live")).to_have_text("live")
            self.assertNotEqual(page.title(), "run")
            self.assertEqual(page.locator("img[src=x]").count(), 0)
        expect(page.locator(".bubble .text").first).to_have_text(EVIL)

    def test_without_script_the_page_can_be_read_and_its_forms_work(self):
        cloud = self.cloud()
        cloud.send(ADA, "text", {"body": "Is it cold enough?"})
        page = self.page(cloud, script=False)
        page.get_by_role("link", name="User 1234").click()
        page.get_by_placeholder("Write as User 1234").fill("No")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".msg.mine .text")).to_have_text("No")
        self.assertTrue(page.url.endswith("/squab/chats/16505551234"))
        page.get_by_label("Reply to this message").click()
        page.get_by_placeholder("Write as User 1234").fill("Not at all")
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".msg.mine .quote")).to_contain_text("Is it cold enough?")

    def test_the_keyboard_is_enough(self):
        cloud = self.cloud()
        cloud.send(ADA, "text", {"body": "Is it cold enough?"})
        page = self.page(cloud)
        focused = lambda: page.evaluate("document.activeElement.textContent || document.activeElement.name")
        page.keyboard.press("Tab")
        self.assertEqual(focused(), "Skip to content")
        page.keyboard.press("Tab")
        page.keyboard.press("/")
        self.assertEqual(focused(), "q")
        page.keyboard.type("1234")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="User 1234")).to_be_visible()
        page.get_by_placeholder("Write as").focus()
        page.keyboard.type("Yes, it is")
        page.keyboard.press("Enter")
        expect(page.locator(".msg.mine .text")).to_have_text("Yes, it is")
        expect(page.get_by_placeholder("Write as")).to_have_value("")

    def test_what_somebody_is_writing_stays_while_messages_come_in(self):
        cloud = self.cloud("--no-read")
        cloud.send(ADA, "text", {"body": "First"})
        page = self.page(cloud, "/squab/chats/16505551234")
        composer = page.get_by_placeholder("Write as")
        composer.fill("Half a sen")
        cloud.send(ADA, "text", {"body": "Second"})
        expect(page.locator(".msg .text")).to_have_text(["First", "Second"])
        expect(composer).to_have_value("Half a sen")
        expect(composer).to_be_focused()

    def test_a_conversation_stays_at_its_end_unless_somebody_reads_above(self):
        cloud = self.cloud()
        say = lambda text: cloud.write(**{"from": ADA, "text": text})
        for nth in range(40):
            say(f"Line {nth}")
        page = self.page(cloud, "/squab/chats/16505551234")
        talk = page.locator("#talk")
        say("Last")
        expect(page.locator(".msg .text").last).to_have_text("Last")
        self.assertLess(talk.evaluate(BELOW), 5)
        talk.evaluate("talk => (talk.scrollTop = 0)")
        page.wait_for_timeout(100)
        say("Later still")
        expect(page.locator(".msg .text").last).to_have_text("Later still")
        self.assertGreater(talk.evaluate(BELOW), 500)

    def test_search_finds_people_by_what_was_said_and_requests_by_why_they_were_refused(self):
        cloud = self.cloud()
        cloud.send(ADA, "text", {"body": "The cellar is wet"})
        cloud.send(GRACE, "text", {"body": "x" * 5000})
        cloud.send(GRACE, "text", {"body": "Door"})
        page = self.page(cloud)
        expect(page.locator(".person")).to_have_count(2)
        page.get_by_role("searchbox").fill("cellar")
        expect(page.locator(".person")).to_have_count(1)
        page.goto(cloud.url + "/squab/timeline")
        page.get_by_role("searchbox").fill("Text messages 4096")
        expect(page.locator(".events > li")).to_have_count(1)
        page.locator(".events summary").click()
        expect(page.locator(".bodies pre").first).to_contain_text('"messaging_product": "whatsapp"')
        expect(page.locator(".reason cite")).to_contain_text("Meta, “")

    def test_a_message_leads_to_what_went_over_the_wire_and_that_to_its_phone(self):
        cloud = self.cloud()
        cloud.send(ADA, "text", {"body": "The cellar is wet"})
        cloud.send(GRACE, "text", {"body": "The roof is dry"})
        page = self.page(cloud, "/squab/chats/16505551234")
        expect(page.locator(".msg .ticks")).to_have_attribute("aria-label", "read")
        page.get_by_title("What went over the wire").click()
        expect(page.locator(".events > li")).to_have_count(4)
        page.locator(".events summary").last.click()
        expect(page.locator(".bodies").last).to_contain_text("The cellar is wet")
        page.get_by_role("link", name="Phone of 16505551234").last.click()
        expect(page.locator(".msg .text")).to_have_text("The cellar is wet")

    def test_a_burst_is_drawn_until_it_is_paid(self):
        cloud = self.cloud()
        for _ in range(4):
            cloud.send(ADA, "text", {"body": "Leak"})
        page = self.page(cloud, "/squab/chats/16505551234")
        expect(page.locator("#verdict")).to_contain_text(re.compile("of 45 messages left|4 × 6 s are owed"))
        expect(page.locator("#verdict")).to_contain_text("4 × 6 s are owed")
        expect(page.get_by_label("Pair budget on a line of time")).to_contain_text("next legal in")

    def test_time_is_set_forward_from_the_page(self):
        cloud = self.cloud("--speed", "0")
        page = self.page(cloud, "/squab/controls")
        before = page.locator("#face time").get_attribute("datetime")
        page.get_by_role("button", name="+ 24 h").click()
        expect(page.locator("#since")).to_contain_text("1 d 0 h")
        after = page.locator("#face time").get_attribute("datetime")
        self.assertEqual(before[10:16], after[10:16])
        self.assertNotEqual(before[:10], after[:10])


class Kiosk(Case):
    @classmethod
    def setUpClass(cls):
        cls.at = Cloud("--read-after", "1s", kiosk=True)
        cls.at.name(ADA, "Ada Lovelace")

    @classmethod
    def tearDownClass(cls):
        cls.at.stop()

    def test_an_alerts_ticks_go_to_read_and_a_button_acknowledges_it(self):
        cloud = self.at
        page = self.page(cloud, "/squab/chats/16505551234")
        cloud.alert(to=ADA, text="Water in the cellar", buttons=[{"id": "on-it", "title": "I am on it"}], answer_within=60)
        ticket = cloud.event(event="submitted")["ticket"]
        message = page.locator(".msg").filter(has_text="Water in the cellar")
        seen = set()
        end = time.monotonic() + PATIENCE
        while "read" not in seen and time.monotonic() < end:
            if message.count():
                seen.add(message.locator(".ticks").get_attribute("aria-label"))
            page.wait_for_timeout(30)
        self.assertIn("read", seen)
        self.assertTrue(seen & {"sent", "delivered", "accepted, not sent yet"}, seen)
        button = message.get_by_role("button", name="I am on it")
        button.focus()
        page.keyboard.press("Enter")
        outcome = cloud.event(event="outcome", ticket=ticket)
        self.assertEqual(outcome["outcome"], "acknowledged")
        answer = page.locator(".msg.mine").filter(has_text="I am on it")
        expect(answer.locator(".quote")).to_contain_text("Water in the cellar")
        expect(button).to_have_class(re.compile("chosen"))

    def test_an_outage_fills_what_waits_and_its_end_drains_it(self):
        cloud = self.at
        controls = self.page(cloud, "/squab/controls")
        limits = self.page(cloud, "/squab/limits")
        waits = limits.locator("#outbox")
        expect(waits).to_contain_text("Nothing.")
        outbox = limits.locator("#kiosks")
        expect(outbox).to_contain_text("0 waiting")
        expect(outbox.locator("h3")).to_contain_text("as of")
        controls.get_by_label("Refuse with Meta’s code").fill("131016")
        controls.get_by_role("button", name="Set faults").click()
        expect(controls.locator("#any-fault")).to_have_text("on")
        tickets = []
        for nth in range(5):
            cloud.alert(to=f"+1650555200{nth}", text=f"Room {nth} is too warm", ref=f"room-{nth}", priority="urgent" if nth == 0 else "normal")
            tickets.append(cloud.event(event="submitted")["ticket"])
        expect(waits.locator("tbody tr")).to_have_count(5)
        expect(waits.locator("h2 .pill")).to_have_text("5")
        expect(outbox.locator("h2 .pill")).to_have_text("5 waiting")
        for nth, row in enumerate(outbox.locator("tbody tr").all()):
            expect(row).to_contain_text(f"…200{nth}")
            expect(row).to_contain_text(f"room-{nth} ")
            expect(row).to_contain_text("131016")
            expect(row).to_contain_text("urgent" if nth == 0 else "normal")
        expect(outbox).not_to_contain_text("too warm")
        self.assert_accessible(limits)
        self.assert_fits(limits)
        narrow = self.page(cloud, "/squab/limits", width=360)
        self.assert_accessible(narrow)
        self.assert_fits(narrow)
        narrow.locator("#kiosks").evaluate("part => scrollTo(0, part.offsetTop - 60)")
        picture(narrow, "outbox")
        if PICTURES:
            outbox.screenshot(path=Path(PICTURES, "outbox-1440.png"))
        limits.evaluate("scrollTo(0, 0)")
        picture(limits, "outage")
        controls.get_by_role("button", name="Take all back").click()
        expect(controls.locator("#any-fault")).to_have_text("none")
        expect(controls.get_by_label("Refuse with Meta’s code")).to_have_value("")
        expect(waits).to_contain_text("Nothing.")
        outcomes = {}
        while len(outcomes) < len(tickets):
            event = cloud.event(event="outcome")
            outcomes[event["ticket"]] = event["outcome"]
        self.assertEqual(outcomes, {ticket: "read" for ticket in tickets})
        expect(outbox.locator("h2 .pill")).to_have_count(0)
        expect(outbox.locator("tbody tr")).to_have_count(0)
        expect(outbox).to_contain_text("0 waiting (0 under way), 0 maybe sent, 0 accepted")
        expect(outbox.locator("li")).to_have_count(5)

    def test_a_kiosk_that_has_ended_is_shown_to_have(self):
        cloud = self.cloud("--read-after", "1s", kiosk=True)
        limits = self.page(cloud, "/squab/limits")
        cloud.alert(to=ADA, text="Door 4 is open", ref="door-4")
        expect(limits.locator("#kiosks")).to_contain_text("read: door-4")
        cloud.kiosk.stdin.close()
        expect(limits.locator("#kiosks h3")).to_contain_text("ended")


if __name__ == "__main__":
    unittest.main(verbosity=2)
