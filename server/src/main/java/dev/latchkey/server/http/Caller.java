package dev.latchkey.server.http;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.environments.Environment;

/** Who makes a request to a route of the API. */
public sealed interface Caller {
    Environment environment();

    Actor actor();

    /** @param actor the key, whose rights an operation checks */
    record Backend(Environment environment, Actor.Key actor) implements Caller {
        public boolean may(String scope) {
            return actor.may(environment.id(), scope);
        }
    }

    record EndUser(Environment environment, ConnectSession session) implements Caller {
        @Override
        public Actor actor() {
            return new Actor.EndUser(environment.id(), session.endUser().map(Connection.EndUser::id));
        }
    }
}
