"""The online signer's API over HTTP."""
