package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.Map;

/** A request's body. */
public sealed interface Body {
    record Form(Map<String, Text> members) implements Body {}

    record Json(Map<String, Text> members) implements Body {}

    record Xml(Text text) implements Body {}

    record Plain(Text text, String contentType) implements Body {}

    record Empty() implements Body {}
}
