"""One file per channel. All of them keep the promise of `pushgen.protocols.Channel`."""
