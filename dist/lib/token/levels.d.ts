export declare const AUTHORIZATION_LEVELS: readonly string[];
/** Whether who has `granted` may do what `level` allows (DCpermissionHierarchy::nextImplied). */
export declare function covers(granted: readonly string[], level: string): boolean;
