package dev.latchkey.server.pauses;

import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.EnvironmentKey;
import dev.latchkey.server.integrations.Integration;
import java.util.UUID;

/** What can be paused: each with its row, its labels and the required right. */
public sealed interface Pausable {
    UUID environment();

    UUID id();

    String name();

    String noun();

    String table();

    /** The right to change it includes the right to pause it. */
    String scope();

    default String where() {
        return " WHERE environment_id = :environment AND id = :id";
    }

    record OfConnection(Connection connection) implements Pausable {
        @Override
        public UUID environment() {
            return connection.environment();
        }

        @Override
        public UUID id() {
            return connection.id();
        }

        @Override
        public String name() {
            return connection.name();
        }

        @Override
        public String noun() {
            return "a connection";
        }

        @Override
        public String table() {
            return "connections";
        }

        @Override
        public String scope() {
            return "environment:connections:update";
        }
    }

    record OfIntegration(Integration integration) implements Pausable {
        @Override
        public UUID environment() {
            return integration.environment();
        }

        @Override
        public UUID id() {
            return integration.id();
        }

        @Override
        public String name() {
            return integration.uniqueKey();
        }

        @Override
        public String noun() {
            return "an integration";
        }

        @Override
        public String table() {
            return "integrations";
        }

        @Override
        public String scope() {
            return "environment:integrations:update";
        }
    }

    record OfEnvironment(Environment of) implements Pausable {
        @Override
        public UUID environment() {
            return of.id();
        }

        @Override
        public UUID id() {
            return of.id();
        }

        @Override
        public String name() {
            return of.name();
        }

        @Override
        public String noun() {
            return "an environment";
        }

        @Override
        public String table() {
            return "environments";
        }

        @Override
        public String where() {
            return " WHERE id = :id AND id = :environment";
        }

        @Override
        public String scope() {
            return "environment:settings:update";
        }
    }

    record OfKey(UUID environment, EnvironmentKey key) implements Pausable {
        @Override
        public UUID id() {
            return key.id();
        }

        @Override
        public String name() {
            return key.name();
        }

        @Override
        public String noun() {
            return "an API key";
        }

        @Override
        public String table() {
            return "api_keys";
        }

        @Override
        public String scope() {
            return Scopes.WRITE_KEYS;
        }
    }
}
