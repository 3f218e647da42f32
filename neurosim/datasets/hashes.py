"""SHA-256 of the decoded arrays, in C order, of the data sets that are fetched."""

MNIST = {
    "train-images-idx3-ubyte.gz": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "train-labels-idx1-ubyte.gz": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "t10k-images-idx3-ubyte.gz": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "t10k-labels-idx1-ubyte.gz": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}

USPS = {  # grey values times 1000 as int16, digits as uint8
    "x_train": "19278ce4e0242e481c6dd79ee608eac38d318df582628cd12bb841fdf0568f44",
    "y_train": "ee5027fd47b76715ac18ca27e72fa1332bde98e0b8ce593b503bb2bdb6c03da0",
    "x_test": "9c748d6be2e9da7d29b975c23c281f30a623fe85d17554cdeb3081ad123882f6",
    "y_test": "0b8b792b8ca1c5c704fd9d5bbd1b261623a359e6c8c65b23db428257beea7800",
}

ALPHADIGITS = {  # uint8 all
    "images": "62abc33842215a61a16a142320f529f93c06b9cf9ddc4c1259e0962baf67ea44",
    "labels": "0623fb893067999f4ff7c4b8cc2e063553ea752848633fe031cc20bd0c61bfdd",
}

OLIVETTI = {
    "images": "a3f75007cc103363b61a63e06bec8ea4846407682ef6e7c9ae1eb9c1bd0e8a00",
    "person": "2be463dfffb2fd54a24b159096fcda94b081231af18675570e89f8482dd2ea8d",
}

FCPS = {  # the points as float64, the classes as uint8
    "Atom": (
        "3b2a4bc0b0fe61a8188b480b539b37dc697a0f1b3eb3b22f9d532f8a9bca5698",
        "30dc1a42964ead40b83dd2a97d9513062c6853a1904c8d70713332e46bf6660a",
    ),
    "Chainlink": (
        "a6e57d97a1ecf1cc177c0a9dbf1cd13ad9cf715b905cd083d177b210fd9f4f20",
        "dc20c7616a7e7877f87dae26122cf40f43f41d74dafadb16f46badb7edb3236e",
    ),
    "EngyTime": (
        "506210148bd91428e570313757778291b8b557df69dd792fe9f62f7ff9419261",
        "da4d692bae827578e2fccd3b0fabc06c49b7313eaf6d2edd5e0ac758c434f3a6",
    ),
    "GolfBall": (
        "75fd9699699dd709711723cc1dc923b3d8a60a026229308846e1768e1c58f9b2",
        "411fb2fe604c494fef4ac805745da0f1c5ac8c8fd2dcffe20e21786efc19e41d",
    ),
    "Hepta": (
        "8b1c2eb8c37eb9c6ff968edd897914801f8d669d5f1e98f5470aeea94d30877a",
        "a70238ee06844db60696a7b341fafaf38444b62c1517ba83f21fcba86d51d53e",
    ),
    "Lsun": (
        "33bb5dfc6afc47ee0bca1b31a26f6c9a93e11b6756d9cf0882cd6f251da9b076",
        "82a30b7dcf8d62c641bc196f5a2c6c1441ba69dcb2f91f561c31aa627efcb67d",
    ),
    "Lsun3D": (
        "ce8f9079b5ed2429014aedec65bbdd6c9bc99a02932c32dd6b0e8564511a8984",
        "b84b7ce5169236d2174424f094ad54632328a685c646c7aad0aec9e43d5b1207",
    ),
    "Target": (
        "d155297875de469295a45e85fb7388e2278a6a9525883cefac9e47f6351c1c8b",
        "c4da463a8832a22caec5833bef92adc2c41341b3b16e0abdfcc0c618af352c88",
    ),
    "Tetra": (
        "2d9f4bdf3e497a277227e14d44dd149cc70939fef3edd7be1340bd23d7be7a1c",
        "521e58c098b1479d6e170cb17e7b82f0c41fed9f7472a3e7223ad351a9278f24",
    ),
    "TwoDiamonds": (
        "d6798e99036e539a1bca35c9f1b017fe2fdb788538d12ab4734230575d76fb18",
        "30dc1a42964ead40b83dd2a97d9513062c6853a1904c8d70713332e46bf6660a",
    ),
    "WingNut": (
        "401d8755abf82698292c17d9232fdf6b0e726aacd00993277649866a50ca4f1a",
        "1f5f96be81675f5414759d5f6af53147026337e18b4dd0bdcb2ee12f96b87740",
    ),
}
