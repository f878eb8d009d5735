package dev.latchkey.catalogue.model;

/** Of kinds whose credential is what users enter; nothing renews it. */
interface TypedFacts extends AuthFacts {
    @Override
    default boolean opensPage() {
        return false;
    }

    @Override
    default boolean mints() {
        return false;
    }

    @Override
    default Renewal renewal() {
        return Renewal.NEVER;
    }
}
