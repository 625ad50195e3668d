"""A sample to draw, and what a drawing shows, read from its DOT text."""

import re
from html import unescape

import numpy as np


def neuron(w, x, b):
    return np.tanh(w * x + b)


def nodes_of(drawing):
    """Return the text of each DOT node's label by its key."""
    found = re.findall(r"^\t+(\w+) \[label=<(<TABLE .*</TABLE>)> ", drawing.source, re.M)
    return {key: " ".join(unescape(re.sub(r"<[^>]*>", " ", label)).split()) for key, label in found}


def edges_of(drawing):
    """Return the pairs of keys that arrows join, one for each arrow."""
    return re.findall(r"^\t(\w+) -> (\w+)", drawing.source, re.M)


def node_with(drawing, text):
    """Return the key of the one node whose text begins with `text`."""
    (key,) = [key for key, shown in nodes_of(drawing).items() if shown.startswith(text)]
    return key
