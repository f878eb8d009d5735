package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A request's body. */
public sealed interface Body {
    /** Names of its members, where it has any. */
    default Set<String> names() {
        return Set.of();
    }

    Stream<Text> texts();

    record Form(Map<String, Text> members) implements Body {
        @Override
        public Set<String> names() {
            return members.keySet();
        }

        @Override
        public Stream<Text> texts() {
            return members.values().stream();
        }
    }

    record Json(Map<String, Text> members) implements Body {
        @Override
        public Set<String> names() {
            return members.keySet();
        }

        @Override
        public Stream<Text> texts() {
            return members.values().stream();
        }
    }

    record Xml(Text text) implements Body {
        @Override
        public Stream<Text> texts() {
            return Stream.of(text);
        }
    }

    record Plain(Text text, String contentType) implements Body {
        @Override
        public Stream<Text> texts() {
            return Stream.of(text);
        }
    }

    record Empty() implements Body {
        @Override
        public Stream<Text> texts() {
            return Stream.empty();
        }
    }
}
