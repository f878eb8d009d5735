package dev.latchkey.server.refresh.jobs;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.storage.Database;
import java.util.Optional;

/** Exchanges of the stored tokens that a vendor makes obsolete, as jobs. Thread-safe. */
public final class ExchangeJobs {
    private final Database database;
    private final RefreshJobs jobs;
    private final Providers providers;

    ExchangeJobs(Database database, RefreshJobs jobs, Providers providers) {
        this.database = database;
        this.jobs = jobs;
        this.providers = providers;
    }

    /** What became of a request for an exchange. */
    public sealed interface Outcome {
        record Started(RefreshJobs.Job job) implements Outcome {}

        /** The definition names no such exchange. */
        record NotObsolete() implements Outcome {
            public String words() {
                return "The definition of this provider has no 'exchange_stored': its stored tokens are not obsolete.";
            }
        }
    }

    /** Whether the integration's definition says how stored tokens are exchanged. */
    public boolean offers(Integration integration) {
        return providers
                .of(integration)
                .flatMap(provider -> provider.auth().facts().exchangeStored())
                .isPresent();
    }

    /** For all connections of the integration; those whose token is not obsolete are skipped. */
    public Outcome begin(Actor actor, Integration integration) {
        if (!offers(integration)) {
            actor.require(integration.environment(), RefreshJobs.SCOPE);
            return new Outcome.NotObsolete();
        }
        return new Outcome.Started(jobs.exchange(actor, integration));
    }

    /** The newest exchange of the integration's tokens, for a week after its end. */
    public Optional<RefreshJobs.Job> last(Integration integration) {
        return database.withHandle(handle -> handle.createQuery("SELECT " + RefreshJobs.COLUMNS + """
                         FROM refresh_jobs
                        WHERE environment_id = :environment AND integration_id = :integration AND kind = :kind
                        ORDER BY created_at DESC LIMIT 1""")
                .bind("environment", integration.environment())
                .bind("integration", integration.id())
                .bind("kind", RefreshJobs.Kind.EXCHANGE.word())
                .map(RefreshJobs::read)
                .findOne());
    }
}
