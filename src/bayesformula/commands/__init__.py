"""Commands of `bf` for fits that were saved: `after`; and what all commands print with: `printing`."""
