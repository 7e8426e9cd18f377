"""Drives the simulator as a business's program does, with the client library pywa from PyPI.

Arguments: the simulator's address, the number's id, the account's id, the access token, a customer's number, and the id
of a message that the customer wrote. Prints `done` when everything went as it should.
"""

import sys

from pywa import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types import Button
from pywa.types.templates import BodyText, TemplateLanguage

base, number, account, token, customer, written = sys.argv[1:]
client = WhatsApp(phone_id=number, token=token, waba_id=account)
# It has no option for another host.
client.api._session.base_url = f"{base}/v26.0"

assert client.send_message(to=customer, text="Hello from pywa").id.startswith("wamid.")
assert client.send_message(to=customer, text="Well?", buttons=[Button("Yes", callback_data="y")]).id
client.mark_message_as_read(written)
client.indicate_typing(written)
client.send_reaction(to=customer, emoji="👍", message_id=written)

media = client.upload_media(b"%PDF-1.4", mime_type="application/pdf", filename="a.pdf")
described = client.get_media_url(media.id)
assert client.get_media_bytes(described.url) == b"%PDF-1.4"
assert client.send_document(to=customer, document=media.id, filename="a.pdf").id
assert client.delete_media(media.id)

client.send_template(
    to=customer,
    name="order_ready",
    language=TemplateLanguage.ENGLISH_US,
    params=[BodyText.params("Ana", "A-1001")],
)
assert {template.name for template in client.get_templates()} >= {"hello_world", "order_ready"}
assert client.get_business_phone_number().id == number
assert [one.id for one in client.get_business_phone_numbers()] == [number]
assert client.get_business_account().id == account
client.update_business_profile(about="Open until six")
assert client.get_business_profile().about == "Open until six"

try:
    client.send_message(to="15550109022", text="Too often")
    raise SystemExit("a magic number did not fail")
except WhatsAppError as error:
    assert error.code == 131056, error
print("done")
