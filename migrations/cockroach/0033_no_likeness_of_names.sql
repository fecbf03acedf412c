-- Without the engine, brands, their sound and salts find what is meant: the likeness of whole names read thousands of products, and hardly
-- ever found another one.
DROP INDEX IF EXISTS products_name_trgm;
