package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Of an MCP server. */
record McpFacts(Auth.Mcp auth) implements PageFacts {
    @Override
    public List<Text> secretAddresses(Optional<Call> onDelete) {
        return auth.known().map(code -> code.secretAddresses(onDelete)).orElse(List.of());
    }

    @Override
    public String mode() {
        return auth.registration() == Auth.Mcp.Registration.DISCOVER ? "MCP_OAUTH2_GENERIC" : "MCP_OAUTH2";
    }

    @Override
    public boolean hasClientMetadata() {
        return true;
    }

    @Override
    public String words() {
        return "MCP";
    }

    @Override
    public String label() {
        return "MCP";
    }

    @Override
    public boolean mints() {
        return false;
    }

    @Override
    public Renewal renewal() {
        return Renewal.WITH_REFRESH_TOKEN;
    }

    @Override
    public List<String> setupSteps() {
        return switch (auth.registration()) {
            case STATIC ->
                List.of(
                        "Register an app at the vendor's with the redirect URL " + Provider.Setup.CALLBACK + ".",
                        "Create the integration with the app's client id and client secret.");
            case METADATA_URL, DYNAMIC, DISCOVER ->
                List.of("Create the integration; Latchkey registers itself at the MCP server.");
        };
    }

    @Override
    public List<String> notes() {
        return List.of("MCP server " + Sentences.addresses(auth.server()) + "; the client is registered: "
                + Sentences.lower(auth.registration()) + ".");
    }

    @Override
    public List<Text> addresses() {
        List<Text> found = new ArrayList<>();
        found.add(auth.server());
        auth.known().map(CodeGrant::addresses).ifPresent(found::addAll);
        return found;
    }

    @Override
    public Optional<Text> discovered() {
        return Optional.of(auth.server());
    }

    @Override
    public Map<String, JsonPath> learned() {
        return auth.known().map(code -> code.response().learn()).orElse(Map.of());
    }

    @Override
    public Scopes documentedScopes() {
        return auth.known().map(code -> code.consent().authorize().scope()).orElse(Scopes.NONE);
    }

    @Override
    public boolean needsClient() {
        return auth.registration() == Auth.Mcp.Registration.STATIC;
    }

    @Override
    public Stream<CodeGrant> codes() {
        return auth.known().stream();
    }

    @Override
    public Optional<Auth.Proof> proof() {
        return auth.known().flatMap(CodeGrant::proof);
    }

    @Override
    public Stream<Call> redeeming() {
        return auth.known().stream().flatMap(CodeGrant::redeeming);
    }
}
