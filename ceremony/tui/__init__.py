"""The screens: the engine asks through them, and Textual draws them."""

import os

# Textual reads these when it is first imported. They can write every key that is pressed into a file, save pictures of
# the screen, or open a network connection to a console; a PIN is typed here, so none of them is heard.
for _name in [name for name in os.environ if name == "TEXTUAL" or name.startswith("TEXTUAL_")]:
    del os.environ[_name]
