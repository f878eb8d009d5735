package dev.latchkey.server.audit;

import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The name of an environment, read in a transaction of the caller: environments are above the log. */
@FunctionalInterface
public interface EnvironmentNames {
    Optional<String> of(Handle handle, UUID environment);
}
