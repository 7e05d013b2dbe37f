typedef int empty; /* gone with the first source */
