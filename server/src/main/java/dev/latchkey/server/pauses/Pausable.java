package dev.latchkey.server.pauses;

import dev.latchkey.server.access.PauseStatements;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionPauses;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.EnvironmentKey;
import dev.latchkey.server.environments.EnvironmentPauses;
import dev.latchkey.server.environments.KeyPauses;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationPauses;
import java.util.UUID;

/** What can be paused: each with the statements of its row, its labels and the required right. */
public sealed interface Pausable {
    UUID environment();

    UUID id();

    String name();

    String noun();

    PauseStatements statements();

    /** The right to change it includes the right to pause it. */
    String scope();

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
        public PauseStatements statements() {
            return ConnectionPauses.STATEMENTS;
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
        public PauseStatements statements() {
            return IntegrationPauses.STATEMENTS;
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
        public PauseStatements statements() {
            return EnvironmentPauses.STATEMENTS;
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
        public PauseStatements statements() {
            return KeyPauses.STATEMENTS;
        }

        @Override
        public String scope() {
            return Scopes.WRITE_KEYS;
        }
    }
}
