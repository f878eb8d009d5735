package dev.latchkey.server.configuration;

import java.nio.file.Path;

/**
 * A value as somebody wrote it.
 *
 * @param value without spaces around it, never empty; may be a secret
 */
record Given(String value, Origin origin) {

    /** Where it is written. */
    sealed interface Origin {
        /** For messages. */
        String words();
    }

    record Variable(String name) implements Origin {
        @Override
        public String words() {
            return name;
        }
    }

    /** @param variable the one that names the file */
    record SecretFile(String variable, Path file) implements Origin {
        @Override
        public String words() {
            return file + " (" + variable + ")";
        }
    }

    record SettingsFile(Path file) implements Origin {
        @Override
        public String words() {
            return file.toString();
        }
    }

    @Override
    public String toString() {
        return "Given[" + origin.words() + "]";
    }
}
