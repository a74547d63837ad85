"""The online signer: takes in what the ceremony sealed, and signs bins, snapshot and timestamp from then on."""
