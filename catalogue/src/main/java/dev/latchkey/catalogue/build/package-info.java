/** What the build makes of the definitions: their index, their pages, their logos, the schema for editors. First: {@link CatalogueBuild}. */
@NullMarked
package dev.latchkey.catalogue.build;

import org.jspecify.annotations.NullMarked;
