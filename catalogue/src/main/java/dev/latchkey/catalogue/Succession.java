package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.reader.Addresses;
import dev.latchkey.catalogue.template.Template;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Whether the connections of one definition keep working under another that replaces it. */
public final class Succession {
    private Succession() {}

    /** Why connections could no longer be refreshed or used, as messages; empty: they keep working. */
    public static List<String> problems(Provider before, Provider after) {
        List<String> problems = new ArrayList<>();
        String mode = after.auth().facts().mode();
        String modeBefore = before.auth().facts().mode();
        if (!before.auth().getClass().equals(after.auth().getClass()) || !modeBefore.equals(mode)) {
            problems.add("their credentials are of the kind " + modeBefore + ", not " + mode);
            return problems;
        }
        problems.addAll(after.auth().facts().breaks(before.auth()));
        after.fields().values().forEach(field -> field(before, field, problems));
        return problems;
    }

    /** A field that was never requested has no stored value. */
    private static void field(Provider before, Field now, List<String> problems) {
        boolean kept = now.scope() == Field.Scope.CONNECTION || now.scope() == Field.Scope.SECRET;
        Field was = before.fields().get(now.id());
        if (!kept || was != null && was.scope() == now.scope()) {
            return;
        }
        if (was != null) {
            problems.add("they have the field '" + now.id() + "' with the scope "
                    + was.scope().name().toLowerCase(Locale.ROOT));
        } else if (now.isAsked() && now.required() && now.defaultValue().isEmpty()) {
            problems.add("they lack the field '" + now.id() + "', which is required and has no default");
        }
    }

    /** Hosts that are called, or that users are sent to, and were not before: as they are written, with what is filled in. */
    public static Set<String> newHosts(Provider before, Provider after) {
        Set<String> found = hosts(after);
        found.removeAll(hosts(before));
        return found;
    }

    /** Settings of an integration that decide which host is called, or users are sent to: to change one is to choose who gets credentials. */
    public static Set<String> hostSettings(Provider provider) {
        Set<String> settings = new LinkedHashSet<>(provider.auth().facts().hostSettings());
        Addresses.of(provider).stream()
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.hosts().stream())
                .filter(reference -> reference.root().equals("app"))
                .map(reference -> reference.path().get(0))
                .forEach(settings::add);
        return settings;
    }

    private static Set<String> hosts(Provider provider) {
        Set<String> hosts = new LinkedHashSet<>(provider.api().further().hosts());
        Addresses.of(provider).stream()
                .flatMap(text -> text.alternatives().stream())
                .map(Template::source)
                .filter(source -> !source.startsWith("/"))
                .map(Succession::host)
                .forEach(hosts::add);
        return hosts;
    }

    /** A slash inside ${...} is not the URL's. */
    private static String host(String url) {
        int end = 0;
        boolean filled = false;
        String rest = url.replaceFirst("^https?://", "");
        while (end < rest.length() && (filled || "/?#".indexOf(rest.charAt(end)) < 0)) {
            filled = rest.charAt(end) == '}' ? false : filled || rest.startsWith("${", end);
            end++;
        }
        return rest.substring(0, end);
    }
}
