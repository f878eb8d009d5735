package dev.latchkey.catalogue.model;

/** Of kinds that send users to the provider's own page, which sends a callback. */
interface PageFacts extends AuthFacts {
    @Override
    default boolean opensPage() {
        return true;
    }

    @Override
    default boolean needsServer() {
        return true;
    }

    @Override
    default boolean holdsStaticSecret() {
        return false;
    }
}
