"""Offline key ceremonies for TUF repositories, and the online signer that carries them on."""
