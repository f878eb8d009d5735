package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What a cloud's platform puts into the environment of a workload, so that it needs no secret of its own. */
record Platform(Map<String, String> variables) {
    Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).map(String::strip).filter(text -> !text.isEmpty());
    }

    /** The content of a file that a variable names: tokens there are replaced while the process runs. */
    Optional<Secret> fileIn(String name) {
        return variable(name).map(file -> {
            try {
                return new Secret(Files.readString(Path.of(file)).strip());
            } catch (IOException e) {
                throw new ConfigurationException(
                        name + " must name a file that can be read; '" + file + "' cannot.", e);
            }
        });
    }

    /** Some of them are secrets. */
    @Override
    public String toString() {
        return "Platform" + variables.keySet();
    }
}
