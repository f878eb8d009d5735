package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.stream.Collectors;

/** What every part plays with. */
final class Stage {
    /** The name that the provider is played by: a step of its addresses. */
    final String name;

    final Provider provider;
    final LabApp app;
    final URI base;
    final Grants grants;
    final SentValues sent;
    final LabAccount account;
    final ConsentPage page;
    final CallCredentials credentials;
    final Belongings belongings;
    final TokenEndpoint tokens;
    final ProofVendor proofs;
    final ListedAccounts listed = new ListedAccounts();
    final InstantSource clock;
    final SecureRandom random;

    Stage(String name, Provider provider, URI base, Grants grants, InstantSource clock, SecureRandom random) {
        this.name = name;
        this.provider = provider;
        this.base = base;
        this.grants = grants;
        this.clock = clock;
        this.random = random;
        app = LabApp.of(provider.id());
        sent = new SentValues(provider, Parts.of(provider.auth()).client(app));
        account = new LabAccount(provider);
        page = new ConsentPage(provider, app, new Page(base));
        belongings = new Belongings(provider);
        credentials = new CallCredentials(provider, grants, sent);
        tokens = new TokenEndpoint(provider, app, grants, sent, clock);
        proofs = new ProofVendor(provider, grants, sent);
    }

    /** Where the browser is sent with the vendor's answer. */
    String callback(Map<String, String> answer) {
        return base + "/oauth/callback?"
                + answer.entrySet().stream()
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&"));
    }
}
