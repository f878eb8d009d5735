package dev.latchkey.lab;

/** The part that the lab plays for one kind of authentication: one class for each kind, chosen by {@link Parts#of}. */
interface Part {
    /** What a person needs to connect there, as HTML. */
    String use(IndexPage.Card card);

    /** Adds what the app that is registered at the vendor has beside its id and secret. */
    default void register(LabApp.Registration app) {}

    /** Whether clients register themselves, so that there is no app. */
    default boolean registersClients() {
        return false;
    }

    /** Whose id and secret are right in the definition's calls. */
    default LabApp client(LabApp registered) {
        return registered;
    }

    /** Whether a refresh replaces the refresh token. */
    default boolean rotates() {
        return true;
    }

    /** The vendor of this kind. It keeps state. */
    Playing on(Stage stage);
}
