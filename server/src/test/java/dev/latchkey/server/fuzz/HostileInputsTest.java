package dev.latchkey.server.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.api.HostileHeaders;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.logs.Redactor;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.tokens.TokenParser;
import dev.latchkey.server.webhooks.inbound.IncomingRequest;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.BadRequestException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * D13: whatever a stranger sends is refused in the words that are meant for it, and soon. In the suite each target gets the inputs in
 * {@code src/test/resources/.../HostileInputsTestInputs}; {@code ./latchkey nightly} lets Jazzer make more for a minute each. An input
 * that it finds belongs there.
 */
class HostileInputsTest {
    /** Of a thread's CPU time: an input of some kilobytes takes a thousandth of it. */
    private static final Duration MOST_WORK = Duration.ofSeconds(3);

    private static final Catalogue CATALOGUE = Catalogue.load();

    /** What is meant to refuse. */
    @SafeVarargs
    private static void soon(Runnable work, Class<? extends RuntimeException>... refusals) {
        long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        try {
            work.run();
        } catch (RuntimeException e) {
            if (List.of(refusals).stream().noneMatch(one -> one.isInstance(e))) {
                throw e;
            }
        }
        Duration took = Duration.ofNanos(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun);
        assertThat(took).isLessThan(MOST_WORK);
    }

    private static String text(byte[] input) {
        return new String(input, StandardCharsets.UTF_8);
    }

    @FuzzTest(maxDuration = "1m")
    void form(byte[] input) {
        soon(() -> Form.parse(text(input)), ApiError.class);
    }

    @FuzzTest(maxDuration = "1m")
    void template(byte[] input) {
        for (Template.Position position : Template.Position.values()) {
            soon(
                    () -> Template.parse(text(input), position)
                            .expand(reference -> Optional.of("value of " + reference.path())),
                    IllegalArgumentException.class);
        }
    }

    @FuzzTest(maxDuration = "1m")
    void tokenResponse(byte[] input) {
        for (String type : List.of(
                "application/json",
                "application/x-www-form-urlencoded",
                "text/plain",
                "text/html",
                "application/xml",
                "")) {
            for (int status : new int[] {200, 400}) {
                Egress.Response answer = new Egress.Response(status, Map.of("content-type", type), input);
                soon(() -> TokenParser.parse(answer, TokenShape.STANDARD, Optional.empty(), Map.of(), Instant.EPOCH));
                soon(() -> TokenParser.message(answer));
            }
        }
    }

    /** The query of a callback, and what a vendor posts. */
    @FuzzTest(maxDuration = "1m")
    void callback(byte[] input) {
        soon(
                () -> {
                    UriQuery query = UriQuery.create(text(input), false);
                    Map<String, String> callback = new HashMap<>();
                    query.names().forEach(name -> callback.put(name, query.get(name)));
                    BrowserFlows.state(callback);
                },
                IllegalArgumentException.class,
                java.util.NoSuchElementException.class);
        for (String type : List.of("application/json", "application/x-www-form-urlencoded", "text/plain")) {
            soon(() -> IncomingRequest.of(
                    "POST", "https://latchkey.example/webhook", Map.of("content-type", type), Map.of(), input));
        }
    }

    @FuzzTest(maxDuration = "1m")
    void connectionString(byte[] input) {
        for (DatastoreDriver driver : DatastoreDriver.values()) {
            soon(
                    () -> {
                        Map<String, String> values = new LinkedHashMap<>(DatastoreAddress.expand(
                                driver, Map.of(DatastoreAddress.CONNECTION_STRING, text(input))));
                        DatastoreAddress.of(driver, values);
                    },
                    IllegalArgumentException.class);
        }
    }

    /** One header a line. */
    @FuzzTest(maxDuration = "1m")
    void proxiedHeaders(byte[] input) {
        soon(() -> HostileHeaders.read(text(input)), IllegalArgumentException.class, BadRequestException.class);
        soon(() -> Language.accepted(text(input)));
    }

    @FuzzTest(maxDuration = "1m")
    void definition(byte[] input) {
        String definition = text(input);
        if (definition.length() <= OwnDefinitions.LONGEST) {
            soon(() -> Catalogue.idOf(definition));
            soon(() -> CATALOGUE.read(definition, Reach.PUBLIC), CatalogueException.class);
        }
    }

    @FuzzTest(maxDuration = "1m")
    void privateKey(byte[] input) {
        soon(() -> PrivateKeys.parse(text(input)), IllegalArgumentException.class);
    }

    /** What of a vendor's words reaches a log. */
    @FuzzTest(maxDuration = "1m")
    void redaction(byte[] input) {
        soon(() -> assertThat(Redactor.text("before hunter2hunter2 " + text(input), Set.of("hunter2hunter2")))
                .doesNotContain("hunter2hunter2"));
        soon(() -> Redactor.message(text(input)));
    }
}
