package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Of an installation of an app. */
record AppInstallationFacts(Auth.AppInstallation auth) implements PageFacts {
    @Override
    public String mode() {
        return auth.user().isPresent() ? "CUSTOM" : "APP";
    }

    @Override
    public String words() {
        return "app installation";
    }

    @Override
    public String label() {
        return "App installation";
    }

    @Override
    public boolean mints() {
        return true;
    }

    @Override
    public Renewal renewal() {
        return Renewal.MADE_AGAIN;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(
                "Register an app at the vendor's, with " + Provider.Setup.CALLBACK + " as its callback and setup URL.",
                "Create the integration with the app's id, its public link and its private key.");
    }

    @Override
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        notes.add("Installed at " + Sentences.addresses(auth.install()) + "; token: "
                + Sentences.request(auth.tokenCall()) + ", requested again before it expires.");
        auth.user().ifPresent(user -> notes.add("A user's token comes with it."));
        auth.proof().map(Sentences::proof).ifPresent(notes::add);
        return notes;
    }

    @Override
    public List<Text> addresses() {
        List<Text> found = new ArrayList<>();
        found.add(auth.install());
        found.add(auth.tokenCall().url());
        auth.user().map(CodeGrant::addresses).ifPresent(found::addAll);
        auth.proof().map(Auth.Proof::addresses).ifPresent(found::addAll);
        return found;
    }

    @Override
    public List<Text> secretAddresses(Optional<Call> onDelete) {
        return Stream.of(
                        Stream.of(auth.tokenCall().url()),
                        auth.user().stream().flatMap(code -> code.secretAddresses(onDelete).stream()),
                        auth.prover().stream().flatMap(code -> code.secretAddresses(onDelete).stream()))
                .flatMap(texts -> texts)
                .toList();
    }

    @Override
    public Map<String, Text> endpoints() {
        return Map.of("token_url", auth.tokenCall().url());
    }

    @Override
    public Optional<Call> tokenCall() {
        return Optional.of(auth.tokenCall());
    }

    @Override
    public TokenShape token() {
        return auth.token();
    }

    @Override
    public Map<String, JsonPath> learned() {
        return auth.user().map(user -> user.response().learn()).orElse(Map.of());
    }

    @Override
    public Stream<CodeGrant> codes() {
        return Stream.concat(auth.user().stream(), auth.proof().flatMap(Auth.Proof::user).stream());
    }

    @Override
    public Optional<Auth.Assertion> installedApp() {
        return Optional.of(auth.jwt());
    }

    @Override
    public boolean addsUser() {
        return auth.user().isPresent();
    }

    @Override
    public boolean isOurs() {
        return true;
    }

    @Override
    public Optional<Auth.Proof> proof() {
        return auth.proof();
    }

    @Override
    public Stream<Call> deciding() {
        return Stream.of(auth.tokenCall());
    }

    @Override
    public List<String> problems() {
        return auth.proof().filter(proof -> proof.user().isEmpty()).isPresent()
                        && auth.user().isEmpty()
                ? List.of("'proof' needs a user's token: write 'user' there, or beside it")
                : List.of();
    }

    @Override
    public List<String> breaks(Auth before) {
        return auth.user().isPresent() && ((Auth.AppInstallation) before).user().isEmpty()
                ? List.of("they have no user's token")
                : List.of();
    }

    @Override
    public boolean showsClient() {
        return addsUser();
    }
}
