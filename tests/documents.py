"""Documents written in one step, as no command does: there the verdict comes later than the text."""

from dedupe_news.article import CanonicalDocument
from dedupe_news.io.writing import verdict_record


def write_document(writer, document):
    verdict = {}
    if isinstance(document, CanonicalDocument):
        verdict = verdict_record(document.sources, document.duplicates)
    writer.write_packed(document.id, writer.packing.pack(document), verdict)
