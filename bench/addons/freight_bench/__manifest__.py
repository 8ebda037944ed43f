{
    "name": "Freight Bench",
    "summary": "What `make bench` measures against; installed into its throw-away database only",
    "version": "17.0.1.0.0",
    "category": "Hidden",
    "author": "Freight Suite Contributors",
    "license": "LGPL-3",
    "depends": ["freight_canonical"],
    "data": ["data/freight_consumer_data.xml"],
}
