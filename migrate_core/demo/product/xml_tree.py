"""Writing XML as nested calls that read like the document."""

import xml.etree.ElementTree as ET

XSI = "http://www.w3.org/2001/XMLSchema-instance"


def element(tag: str, *content: ET.Element | str | float, **attributes: str | float) -> ET.Element:
    """An element with children, or with text. Attributes as keywords, `xmlns:n1` by `**`."""
    made = ET.Element(tag, {name: str(value) for name, value in attributes.items()})
    for part in content:
        if isinstance(part, ET.Element):
            made.append(part)
        else:
            made.text = str(part)
    return made


def document(root: ET.Element) -> bytes:
    """The document as indented UTF-8, ending in a newline."""
    ET.indent(root, " " * 2)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"
