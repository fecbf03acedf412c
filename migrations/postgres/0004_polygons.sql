-- An area may be served by its outline instead of its pincode, found by the box around it; and it says in which district its store's licence holds.
ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS polygon JSONB CHECK (jsonb_array_length(polygon) BETWEEN 4 AND 500);

ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS south FLOAT8 CHECK ((south IS NULL) = (polygon IS NULL));

ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS west FLOAT8 CHECK ((west IS NULL) = (polygon IS NULL));

ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS north FLOAT8 CHECK ((north IS NULL) = (polygon IS NULL) AND north > south);

ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS east FLOAT8 CHECK ((east IS NULL) = (polygon IS NULL) AND east > west);

ALTER TABLE serviceable_areas ADD COLUMN IF NOT EXISTS licence_district TEXT CHECK (length(licence_district) BETWEEN 1 AND 100);

CREATE INDEX IF NOT EXISTS serviceable_areas_outline ON serviceable_areas
  USING GIST (box(point(west, south), point(east, north))) WHERE active AND polygon IS NOT NULL;

CREATE INDEX IF NOT EXISTS serviceable_areas_centre ON serviceable_areas (latitude, longitude) WHERE active AND polygon IS NULL;

ALTER TABLE addresses ADD COLUMN IF NOT EXISTS pin_is_far BOOL NOT NULL DEFAULT false;

-- Whether Maps knew the street was not kept so far: of the pins that are there only the farthest are flagged.
UPDATE addresses SET pin_is_far = true WHERE pin_distance_m > 5000 AND NOT pin_is_far;
