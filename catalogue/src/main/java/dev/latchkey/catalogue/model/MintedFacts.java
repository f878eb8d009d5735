package dev.latchkey.catalogue.model;

/** Of kinds whose credential is made without a user, from what a connection or its integration holds, the first time and each time after. */
interface MintedFacts extends AuthFacts {
    @Override
    default boolean opensPage() {
        return false;
    }

    @Override
    default boolean mints() {
        return true;
    }

    @Override
    default boolean needsServer() {
        return true;
    }

    @Override
    default Renewal renewal() {
        return Renewal.MADE_AGAIN;
    }
}
