"""Reads a PROV-JSON document from standard input and says how many statements of each kind it holds."""
import collections
import json
import sys

from prov.model import ProvDocument

document = ProvDocument.deserialize(sys.stdin, format="json")
again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
counts = collections.Counter(type(record).__name__ for record in document.get_records())
json.dump({"counts": counts, "survives": document == again, "notation": document.get_provn()}, sys.stdout)
