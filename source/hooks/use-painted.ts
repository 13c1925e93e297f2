import {useEffect} from 'react';

/** Tells once, when what the view shows has been handed to the terminal. */
export const usePainted = (painted: () => void): void => {
	useEffect(() => {
		painted();
	}, [painted]);
};
