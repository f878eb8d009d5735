package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.kinds.Kinds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Of every provider that Nango has under the same id: its fields, members of credentials and learned values are known here by its
 * names, and its callers' paths reach the address that its definition describes. What differs is listed in docs/nango.md.
 */
class NangoNamesTest {
    private static final Path PAGE = Path.of("../docs/nango.md");
    /** Sent by callers of every provider. */
    private static final Set<String> STANDARD =
            Set.of("username", "password", "apiKey", "privateKey", "clientId", "clientSecret", "oauth_client_id");

    private final Catalogue catalogue = Catalogue.load();

    @Test
    void whatNangoSaysOfAnIdHoldsHereOrItsDefinitionSaysWhyNot() throws Exception {
        Map<String, Map<String, String>> found = new TreeMap<>();
        Map<String, Set<String>> said = new TreeMap<>();
        Set<String> otherwise = new TreeSet<>();
        int shared = 0;
        for (TheirProvider theirs : TheirProvider.all()) {
            Optional<Provider> named = catalogue.find(theirs.id());
            if (named.isEmpty()) {
                continue;
            }
            shared++;
            Provider ours = ofTheirKind(theirs, named.get());
            Map<String, String> differences = compared(theirs, ours);
            if (!differences.isEmpty()) {
                found.put(theirs.id(), differences);
            }
            if (!ours.nango().differs().isEmpty()) {
                otherwise.add(theirs.id());
            }
            if (ours.nango().differs().stream().anyMatch(one -> !one.what().equals(List.of("header")))) {
                said.put(
                        theirs.id(),
                        ours.nango().differs().stream()
                                .flatMap(one -> one.what().stream())
                                // NangoOverTheWireTest sees them.
                                .filter(what -> !what.equals("header"))
                                .collect(Collectors.toCollection(TreeSet::new)));
            }
        }

        Map<String, Set<String>> names = new TreeMap<>();
        found.forEach((id, differences) -> names.put(id, differences.keySet()));
        assertThat(shared).isGreaterThan(280);
        assertThat(names)
                .as("nango.differs of the definitions; found: " + found + "; beyond what they say: "
                        + beyond(names, said))
                .isEqualTo(said);
        assertThat(Files.readString(PAGE).replaceAll("\\s+", " "))
                .contains("Of the %d names that both have, %d agree".formatted(shared, shared - otherwise.size()));
    }

    /** An example of Nango's that a template here refuses is a difference, too. */
    private Map<String, String> compared(TheirProvider theirs, Provider ours) {
        try {
            return differences(theirs, ours);
        } catch (IllegalArgumentException e) {
            return Map.of("values", String.valueOf(e.getMessage()));
        }
    }

    private static Map<String, Set<String>> beyond(Map<String, Set<String>> found, Map<String, Set<String>> said) {
        Map<String, Set<String>> more = new TreeMap<>(found);
        said.forEach((id, what) -> more.computeIfPresent(id, (same, all) -> all.equals(what) ? null : all));
        return more;
    }

    /** The definition that Nango's callers mean by the id. */
    private Provider ofTheirKind(TheirProvider theirs, Provider named) {
        return named.nango()
                .definition()
                .flatMap(catalogue::find)
                .filter(one -> one.auth().facts().mode().equals(theirs.mode()))
                .orElse(named);
    }

    private static Map<String, String> differences(TheirProvider theirs, Provider ours) {
        Map<String, String> found = new TreeMap<>();
        if (!ours.auth().facts().mode().equals(theirs.mode())) {
            found.put("kind", "there " + theirs.mode());
        }
        theirs.config().forEach((name, field) -> {
            if (!isKnown(ours, name) && theirs.uses("connectionConfig." + name)) {
                found.put("field", name);
            }
        });
        Set<String> standard = new TreeSet<>(STANDARD);
        standard.addAll(Kinds.of(ours.auth()).standardNames());
        theirs.credentials().keySet().stream()
                .filter(name -> !standard.contains(name)
                        && !ours.fields().containsKey(name)
                        && !ours.nango().credentials().containsKey(name)
                        && !ours.nango().ignored().contains(name))
                .forEach(name -> found.put("credential", name));
        theirs.learned().stream().filter(name -> !isKnown(ours, name)).forEach(name -> found.put("learned", name));
        if (theirs.list("webhook_allowed_query_params").contains("nangoConnectionId")
                && ours.webhook()
                        .filter(it -> !it.match()
                                .getOrDefault("connection", List.of())
                                .contains("query.nangoConnectionId"))
                        .isPresent()) {
            found.put("webhook", "the connection by nangoConnectionId");
        }
        Map<String, String> given = theirs.samples();
        // Of what a vendor says there are no examples: a made-up one that does not fit is left out.
        theirs.learned().stream()
                .filter(name -> !accepted(ours, Map.of(name, given.getOrDefault(name, "")))
                        .problems()
                        .isEmpty())
                .forEach(given::remove);
        ConfigFields.Accepted accepted = accepted(ours, given);
        if (!accepted.problems().isEmpty()) {
            found.put("value", accepted.problems().toString());
            return found;
        }
        Map<String, String> config = new HashMap<>();
        accepted.config()
                .properties()
                .forEach(one -> config.put(one.getKey(), one.getValue().asString()));
        SharedRequests requests = new SharedRequests(theirs, given, ours, config);
        found.putAll(requests.differences());
        address(requests, ours).ifPresent(difference -> found.put("address", difference));
        return found;
    }

    private static ConfigFields.Accepted accepted(Provider ours, Map<String, String> given) {
        return ConfigFields.accept(ours, ours.nango().ours(given), false);
    }

    private static boolean isKnown(Provider ours, String name) {
        return ours.fields().containsKey(name) || ours.nango().config().containsKey(name) || name.startsWith("oauth_");
    }

    /** Below which address a path of Nango's callers is, with values as Nango's users give them. */
    private static Optional<String> address(SharedRequests requests, Provider ours) {
        Optional<String> expected = requests.theirs().base(requests.given());
        if (expected.isEmpty()) {
            return Optional.empty();
        }
        String path = ours.nango()
                        .base()
                        .flatMap(base -> base.when().stream().findFirst())
                        .orElse("")
                + "/probe";
        Optional<String> base = ours.nango()
                .base(path)
                .flatMap(requests::expand)
                .or(() -> ours.api().base().flatMap(requests::expand));
        String reached = base.map(it -> it.replaceAll("/$", "") + path).orElse("none");
        String wanted = expected.get().replaceAll("/$", "") + path;
        return reached.equals(wanted) ? Optional.empty() : Optional.of("there " + wanted + ", here " + reached);
    }
}
