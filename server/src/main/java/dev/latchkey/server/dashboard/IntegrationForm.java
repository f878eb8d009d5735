package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The form of an integration's setup, as it was sent. */
final class IntegrationForm {
    private IntegrationForm() {}

    /** What the form says; of an app of the lab the form has no client. */
    static IntegrationChanges.Registration registration(Visit visit, Provider provider, boolean ofLab) {
        Map<String, Secret> secrets = new HashMap<>();
        if (!ofLab) {
            for (String name : List.of("client_secret", "webhook_secret", "private_key")) {
                visit.filled(name).ifPresent(value -> secrets.put(name, new Secret(value)));
            }
        }
        Map<String, String> settings = new HashMap<>();
        settingFields(provider)
                .forEach(field ->
                        visit.filled("setting." + field.id()).ifPresent(value -> settings.put(field.id(), value)));
        if (visit.checked(Integration.ACCEPT_UNPROVEN) && Provenance.isInQuestion(provider)) {
            settings.put(Integration.ACCEPT_UNPROVEN, "true");
        }
        if (visit.checked(Integration.ON_MISSING_SCOPES)
                && provider.auth().facts().scopes().isPresent()) {
            settings.put(Integration.ON_MISSING_SCOPES, "refuse");
        }
        visit.filled("app_id").ifPresent(value -> settings.put("id", value));
        visit.filled("app_link").ifPresent(value -> settings.put("publicLink", value));
        return new IntegrationChanges.Registration(
                ofLab ? Optional.empty() : visit.filled("client_id"), secrets, settings);
    }

    /** What the form shows and was sent empty or unchecked. */
    static Set<String> removed(Visit visit, Provider provider, Integration integration) {
        Set<String> removed = new LinkedHashSet<>();
        if (Provenance.isInQuestion(provider)) {
            removed.add(Integration.ACCEPT_UNPROVEN);
        }
        if (provider.auth().facts().scopes().isPresent()) {
            removed.add(Integration.ON_MISSING_SCOPES);
        }
        settingFields(provider)
                .map(Field::id)
                .filter(id -> !Integration.SECRET_SETTINGS.contains(id))
                .filter(id -> visit.filled("setting." + id).isEmpty())
                .forEach(removed::add);
        if (!integration.lab() && visit.filled("client_id").isEmpty()) {
            removed.add(IntegrationChanges.CLIENT_ID);
        }
        return removed;
    }

    private static Stream<Field> settingFields(Provider provider) {
        return provider.fields().values().stream().filter(field -> field.scope() == Field.Scope.INTEGRATION);
    }

    static List<String> scopes(Visit visit) {
        List<String> scopes = new ArrayList<>(visit.fields("scope"));
        scopes.addAll(Integration.scopes(visit.field("other_scopes").replaceAll("\\s+", ",")));
        return scopes.stream().distinct().toList();
    }

    /** The scopes to choose from, and those that are chosen. */
    static IntegrationPages.SetupPage.Suggested suggested(Provider provider, Optional<Integration> integration) {
        Optional<Scopes> scopes = provider.auth().facts().scopes();
        List<Scopes.Known> known = scopes.map(Scopes::known).orElse(List.of());
        Set<String> chosen =
                new LinkedHashSet<>(integration.map(Integration::scopes).orElse(List.of()));
        List<String> names = known.stream().map(Scopes.Known::name).toList();
        String others = String.join(
                ", ", chosen.stream().filter(scope -> !names.contains(scope)).toList());
        return new IntegrationPages.SetupPage.Suggested(known, chosen, others, scopes.flatMap(Scopes::docs));
    }

    /** Why it was not saved. */
    static String words(IntegrationChanges.Outcome refused) {
        return switch (refused) {
            case IntegrationChanges.Outcome.Invalid it ->
                it.problems().stream()
                        .map(problem -> problem.field().replace('_', ' ') + ": " + problem.message() + ".")
                        .collect(Collectors.joining(" "));
            case IntegrationChanges.Outcome.KeyTaken it ->
                "There is an integration with the key " + it.uniqueKey() + " already. Choose another.";
            case IntegrationChanges.Outcome.NoLab it -> it.words();
            case IntegrationChanges.Outcome.NoNextSecret _ -> "There is no next client secret.";
            case IntegrationChanges.Outcome.Saved _ -> throw new AssertionError("it was saved");
        };
    }
}
