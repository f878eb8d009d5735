package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Every address that a definition can cause to be called or opened. */
public final class Addresses {
    private Addresses() {}

    public static List<Text> of(Provider provider) {
        List<Text> found = new ArrayList<>(provider.auth().facts().addresses());
        provider.api().base().ifPresent(found::add);
        provider.nango().base().map(NangoNames.Base::url).ifPresent(found::add);
        if (provider.calls().verification() instanceof Verification.Probe probe) {
            probe.calls().forEach(call -> found.add(call.url()));
        }
        provider.calls()
                .afterConnect()
                .forEach(step -> step.call().map(Call::url).ifPresent(found::add));
        provider.calls().onDelete().map(Call::url).ifPresent(found::add);
        return found;
    }

    /** The addresses that get the app's secret: those that it authenticates at, and those that a definition sends it to. */
    static List<Text> ofSecrets(Provider provider) {
        List<Text> found = new ArrayList<>(
                provider.auth().facts().secretAddresses(provider.calls().onDelete()));
        Stream.concat(
                        provider.calls().onDelete().stream(),
                        provider.calls().afterConnect().stream().flatMap(step -> step.call().stream()))
                .filter(Addresses::sendsSecret)
                .forEach(call -> found.add(call.url()));
        if (provider.calls().verification() instanceof Verification.Probe probe) {
            probe.calls().stream().filter(Addresses::sendsSecret).forEach(call -> found.add(call.url()));
        }
        if (Stream.of(
                        provider.api().headers(),
                        provider.api().query(),
                        provider.api().body())
                .flatMap(texts -> texts.values().stream())
                .anyMatch(Addresses::haveSecret)) {
            provider.api().base().ifPresent(found::add);
            provider.nango().base().map(NangoNames.Base::url).ifPresent(found::add);
        }
        return found;
    }

    private static boolean sendsSecret(Call call) {
        return Stream.of(call.body().texts(), call.headers().values().stream(), call.query().values().stream())
                .flatMap(texts -> texts)
                .anyMatch(Addresses::haveSecret);
    }

    private static boolean haveSecret(Text text) {
        return text.alternatives().stream()
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.root().equals("app")
                        && (reference.path().contains("clientSecret")
                                || reference.path().contains("privateKey")));
    }
}
