package dev.latchkey.server.refresh.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.PostgresForTests;
import java.time.InstantSource;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VendorHostsTest {
    /** It could name another vendor's host, and have it answer with errors for as long as it likes. */
    @Test
    void whatAnEnvironmentsOwnDefinitionCallsCountsForItAlone() {
        DatabaseAddress address = PostgresForTests.freshDatabase();
        UUID environment = new Ids(InstantSource.system(), new java.security.SecureRandom()).next();
        try (Database database = Database.open(address);
                Announcements announcements = new Announcements(database)) {
            database.withHandle(handle -> handle.execute(
                    "INSERT INTO environments (id, name, webhook_signing_key) VALUES (?, 'one', '')", environment));
            database.withHandle(handle -> handle.execute("""
                    INSERT INTO own_providers (environment_id, id, definition, created_at, updated_at)
                    VALUES (?, 'mine', ?, now(), now())""", environment, """
                    id: mine
                    name: Mine
                    api_docs: https://example.com
                    auth: { kind: oauth2_code, authorize: { url: https://github.com/a }, exchange: { url: https://github.com/always-500 } }
                    """));
            Providers providers = new Providers(database, Catalogue.load(), announcements, new Listener(address));
            VendorHosts hosts = new VendorHosts(providers, () -> 0L);

            assertThat(hosts.name(environment, "github", false)).isEqualTo("github.com");
            assertThat(hosts.name(environment, "mine", false)).isEqualTo(environment + "/github.com");
            assertThat(hosts.of("github.com")).isNotSameAs(hosts.of(environment + "/github.com"));
            // No caller fills the memory by making up environments.
            assertThat(providers.in(UUID.randomUUID()).find("mine")).isEmpty();
            assertThat(providers.onStage(environment + ".mine")).isPresent();
            assertThat(providers.onStage(environment + ".github")).isEmpty();
            assertThat(providers.onStage("mine")).isEmpty();
        }
    }
}
