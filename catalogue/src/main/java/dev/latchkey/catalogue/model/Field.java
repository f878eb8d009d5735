package dev.latchkey.catalogue.model;

import com.google.re2j.Pattern;
import dev.latchkey.catalogue.template.JsonPath;
import java.util.List;
import java.util.Optional;

/**
 * A value that a connection (or an integration) carries, typed by the person who connects or filled by the server.
 *
 * @param source absent when a person types it
 * @param fixed a constant that no user is asked for
 * @param when asked only if another field has a value
 */
public record Field(
        String id,
        Scope scope,
        Type type,
        boolean required,
        Label label,
        Accepts accepts,
        Optional<String> defaultValue,
        Optional<String> fixed,
        Optional<Source> source,
        Optional<Condition> when) {
    /** What a form shows. @param prefix, suffix around what is typed */
    public record Label(
            Optional<String> title,
            Optional<String> description,
            Optional<String> prefix,
            Optional<String> suffix,
            Optional<String> example) {
        public static final Label NONE =
                new Label(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Which values are valid, beside what the type says. @param choices empty: any */
    public record Accepts(Optional<Pattern> check, List<String> choices) {
        public static final Accepts ANY = new Accepts(Optional.empty(), List.of());
    }

    /** Where a field's value is stored. {@code ONCE} is used in the flow and never stored. */
    public enum Scope {
        CONNECTION,
        SECRET,
        INTEGRATION,
        ONCE
    }

    public enum Type {
        TEXT,
        HOST_LABEL,
        HOSTNAME,
        URI,
        INTEGER,
        BOOLEAN,
        PEM,
        EMAIL;

        /** The pattern that a page may check input with; {@link TypedValue} decides. Empty: any text. */
        public Optional<String> pattern() {
            return switch (this) {
                case HOST_LABEL -> Optional.of("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$");
                case HOSTNAME -> Optional.of("^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$");
                case INTEGER -> Optional.of("^[0-9]{1,18}$");
                case BOOLEAN -> Optional.of("^(true|false)$");
                case TEXT, URI, PEM, EMAIL -> Optional.empty();
            };
        }
    }

    /** Where the value of a field comes from that users do not type. */
    public sealed interface Source {
        /** What fills it, in words. */
        String words();

        /** Whether neither the user nor their browser says what is in it. */
        boolean isTrusted();

        record Callback(String parameter) implements Source {
            @Override
            public String words() {
                return "the callback";
            }

            @Override
            public boolean isTrusted() {
                return false;
            }
        }

        record Token(JsonPath path) implements Source {
            @Override
            public String words() {
                return "the token's answer";
            }

            @Override
            public boolean isTrusted() {
                return true;
            }
        }

        record AfterConnectStep() implements Source {
            @Override
            public String words() {
                return "a call after connecting";
            }

            @Override
            public boolean isTrusted() {
                return false;
            }
        }

        /** Generated here, unguessable, and the same for each flow of an end user: a deputy shows it to say for whom it acts. */
        record Generated() implements Source {
            @Override
            public String words() {
                return "Latchkey";
            }

            @Override
            public boolean isTrusted() {
                return true;
            }
        }

        /** The product's backend, in a session or an import: for what a user who typed it could abuse. */
        record Backend() implements Source {
            @Override
            public String words() {
                return "your backend, in the session or an import";
            }

            @Override
            public boolean isTrusted() {
                return true;
            }
        }
    }

    public record Condition(String field, String is) {}

    /** The same, filled by the server. */
    public Field from(Source other) {
        return new Field(
                id, scope, type, false, label, accepts, Optional.empty(), Optional.empty(), Optional.of(other), when);
    }

    /** True when the person who connects is asked for it. */
    public boolean isAsked() {
        return source.isEmpty() && fixed.isEmpty() && scope != Scope.INTEGRATION;
    }
}
