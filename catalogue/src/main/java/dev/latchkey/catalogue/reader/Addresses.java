package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;

/** Every address that a definition may have called or opened. */
public final class Addresses {
    private final List<Text> found = new ArrayList<>();

    private Addresses() {}

    public static List<Text> of(Provider provider) {
        Addresses addresses = new Addresses();
        addresses.add(provider.auth());
        provider.api().base().ifPresent(addresses.found::add);
        if (provider.verification() instanceof Verification.Probe probe) {
            probe.calls().forEach(addresses::add);
        }
        provider.afterConnect().forEach(step -> step.call().ifPresent(addresses::add));
        provider.onDelete().ifPresent(addresses::add);
        return addresses.found;
    }

    /** The addresses that get the app's secret. */
    static List<Text> ofSecrets(Provider provider) {
        Addresses addresses = new Addresses();
        switch (provider.auth()) {
            case Auth.OAuth2Code code
            when !(code.clientAuth() instanceof ClientAuth.None) -> {
                addresses.add(code.exchange());
                code.authorize().pushed().ifPresent(addresses.found::add);
                code.device().ifPresent(addresses.found::add);
                code.refresh().ifPresent(addresses::add);
                provider.onDelete().ifPresent(addresses::add);
            }
            case Auth.AppInstallation app -> {
                addresses.add(app.tokenCall());
                app.prover().ifPresent(code -> addresses.add(code.exchange()));
            }
            default -> {}
        }
        return addresses.found;
    }

    private void add(Auth auth) {
        switch (auth) {
            case Auth.OAuth2Code code -> add(code);
            case Auth.OAuth2Client client -> add(client.exchange());
            case Auth.OAuth1 oauth1 -> {
                add(oauth1.request());
                found.add(oauth1.authorize().url());
                add(oauth1.access());
            }
            case Auth.Exchange exchange -> {
                exchange.steps().forEach(step -> add(step.call()));
                exchange.refresh().ifPresent(this::add);
                add(exchange.expiry());
            }
            case Auth.AppInstallation app -> {
                found.add(app.install());
                add(app.tokenCall());
                app.user().ifPresent(this::add);
                app.proof().ifPresent(this::add);
            }
            case Auth.Mcp mcp -> {
                found.add(mcp.server());
                mcp.known().ifPresent(this::add);
            }
            case Auth.PluginInstall plugin -> found.add(plugin.install());
            // A connection string is no web address.
            case Auth.Datastore o -> {}
            case Auth.OAuth1Static o -> {}
            case Auth.ApiKey o -> {}
            case Auth.Basic o -> {}
            case Auth.NoAuth o -> {}
            case Auth.SignedToken o -> {}
            case Auth.AwsRole role -> found.add(role.sts());
        }
    }

    private void add(Auth.OAuth2Code code) {
        found.add(code.authorize().url());
        code.authorize().pushed().ifPresent(found::add);
        code.device().ifPresent(found::add);
        add(code.exchange());
        code.refresh().ifPresent(this::add);
        code.then().forEach(step -> add(step.call()));
        add(code.expiry());
        code.proof().ifPresent(this::add);
    }

    private void add(Auth.Proof proof) {
        proof.user().ifPresent(this::add);
        add(proof.call());
    }

    private void add(Auth.Expiry expiry) {
        expiry.introspect().map(Auth.Introspect::call).ifPresent(this::add);
    }

    private void add(Call call) {
        found.add(call.url());
    }
}
