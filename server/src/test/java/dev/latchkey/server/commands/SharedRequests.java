package dev.latchkey.server.commands;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The requests by which a provider's tokens are obtained and renewed, as each of two definitions of it describes them. */
record SharedRequests(TheirProvider theirs, Map<String, String> given, Provider ours, Map<String, String> config) {
    /** Kinds with addresses in their definition. Those of an MCP server are discovered where a user connects (RFC 9728). */
    private static final Set<String> OAUTH = Set.of("OAUTH1", "OAUTH2", "OAUTH2_CC", "CUSTOM");

    /** The names of what differs, with both sides. */
    Map<String, String> differences() {
        Map<String, String> found = new TreeMap<>();
        if (!OAUTH.contains(theirs.mode())
                || !theirs.mode().equals(ours.auth().facts().mode())) {
            return found;
        }
        scopes(found);
        Map<String, Text> endpoints = ours.auth().facts().endpoints();
        address(found, "authorize", theirs.address(given, "authorization_url"), url(endpoints, "authorization_url"));
        address(found, "request", theirs.address(given, "request_url"), url(endpoints, "request_url"));
        Optional<String> token = theirs.address(given, "token_url");
        Optional<CodeGrant> code = ours.auth().facts().codes().findFirst();
        Optional<String> ourToken = code.map(CodeGrant::exchange)
                .or(() -> ours.auth().facts().tokenCall())
                .map(Call::url)
                .flatMap(this::expand)
                .or(() -> url(endpoints, "token_url"));
        address(found, "token", token, ourToken);
        if (code.isPresent()) {
            Optional<Call> call = code.get().refresh().call();
            address(
                    found,
                    "refresh",
                    theirs.address(given, "refresh_url").or(() -> token),
                    call.map(Call::url).flatMap(this::expand).or(() -> ourToken));
            Map<String, String> authorize = theirs.params(given, "authorization_params");
            authorize.remove("scope");
            same(
                    found,
                    "authorize_params",
                    authorize,
                    params(code.get().consent().authorize()));
            same(
                    found,
                    "token_params",
                    theirs.params(given, "token_params"),
                    params(code.get().exchange()));
            same(
                    found,
                    "refresh_params",
                    theirs.params(given, "refresh_params"),
                    call.map(this::params).orElseGet(TreeMap::new));
        } else if (ours.auth() instanceof Auth.OAuth2Client it) {
            same(
                    found,
                    "token_params",
                    theirs.params(given, "token_params"),
                    params(it.grant().exchange()));
        } else if (ours.auth() instanceof Auth.OAuth1 it) {
            same(found, "authorize_params", theirs.params(given, "authorization_params"), params(it.authorize()));
            same(found, "token_params", theirs.params(given, "request_params"), params(it.request()));
        }
        return found;
    }

    private void scopes(Map<String, String> found) {
        if (ours.auth().facts().scopes().isEmpty()) {
            return;
        }
        Set<String> requested =
                new TreeSet<>(ours.auth().facts().scopes().orElseThrow().requested(List.of()));
        Set<String> wanted = new TreeSet<>(theirs.defaultScopes());
        Optional.ofNullable(theirs.params(given, "authorization_params").get("scope"))
                .ifPresent(fixed -> wanted.addAll(List.of(fixed.split("[ ,]"))));
        requested.removeAll(Scopes.FOR_REFRESH);
        wanted.removeAll(Scopes.FOR_REFRESH);
        if (!requested.equals(wanted)) {
            found.put("scopes", "there " + wanted + ", here " + requested);
        }
    }

    private void address(Map<String, String> found, String name, Optional<String> there, Optional<String> here) {
        if (there.isPresent() && !there.map(SharedRequests::bare).equals(here.map(SharedRequests::bare))) {
            found.put(name, "there " + there.get() + ", here " + here.orElse("none"));
        }
    }

    private static String bare(String url) {
        return url.replaceAll("[/?]+$", "");
    }

    private static void same(
            Map<String, String> found, String name, Map<String, String> there, Map<String, String> here) {
        // The default of a code grant (OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1).
        there.remove("response_mode", "query");
        here.remove("response_mode", "query");
        if (!there.equals(here)) {
            found.put(name, "there " + there + ", here " + here);
        }
    }

    private Map<String, String> params(Auth.Authorize authorize) {
        return values(authorize.params());
    }

    private Map<String, String> params(Call call) {
        Map<String, Text> all = new HashMap<>(call.query());
        switch (call.body()) {
            case Body.Form form -> all.putAll(form.members());
            case Body.Json json -> all.putAll(json.members());
            case Body.Xml _, Body.Plain _, Body.Empty _ -> {}
        }
        return values(all);
    }

    private Map<String, String> values(Map<String, Text> texts) {
        Map<String, String> values = new TreeMap<>();
        texts.forEach((name, text) -> expand(text).ifPresent(value -> values.put(name, value)));
        values.keySet().removeAll(Set.of("grant_type", "response_type", "client_id", "client_secret"));
        return values;
    }

    private Optional<String> url(Map<String, Text> endpoints, String name) {
        return Optional.ofNullable(endpoints.get(name)).flatMap(this::expand);
    }

    Optional<String> expand(Text text) {
        Template.Values values = reference -> switch (reference.root()) {
            case "config" -> Optional.ofNullable(config.get(String.join(".", reference.path())));
            case "app" -> Optional.of("the app's");
            default -> Optional.empty();
        };
        return text.expand(values);
    }
}
